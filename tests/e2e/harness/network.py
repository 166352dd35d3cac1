"""Loopback addresses and free ports.

All of 127.0.0.0/8 answers on Linux without set-up, so every node has an address of its own, as on a
real network. The block 127.x.y.0/24 is derived from our process id: two runs side by side stay
apart.
"""

import ctypes
import os
import socket
import subprocess
import unittest

_CLONE_NEWNET = 0x40000000

_given_ports = set()
_held = []


class Addresses:
    """Hands out 127.x.y.1, 127.x.y.2, …"""

    def __init__(self):
        pid = os.getpid()
        # 64 and above: clear of 127.0.0.1 and of addresses people type.
        self._block = f"127.{64 + (pid >> 8) % 128}.{pid % 256}"
        self._next = 1

    def take(self):
        if self._next > 254:
            raise RuntimeError("the block of loopback addresses is used up")
        self._next += 1
        return f"{self._block}.{self._next - 1}"


def _family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _bind(address, port, kind):
    sock = socket.socket(_family(address), kind)
    sock.bind((address, port))
    return sock


def free_port(address="0.0.0.0", udp=False):
    """A TCP port (and the same UDP port) that the kernel says is free on `address`. No number is
    given twice, whatever the address, and until we end the kernel gives it to nobody who asks for
    any: who is told this number may bind and listen there, if with SO_REUSEADDR, as servers do."""
    for _ in range(100):
        port = _hold(address, 0)
        if port in _given_ports:
            continue
        try:
            if udp:
                _bind(address, port, socket.SOCK_DGRAM).close()
            if address == "0.0.0.0" and has_ipv6():
                _hold("::", port)  # nginx listens on both.
        except OSError:
            continue
        _given_ports.add(port)
        return port
    raise RuntimeError(f"no free port on {address}")


def _hold(address, port):
    """Binds the port and does not listen: others may, with SO_REUSEADDR, and are then alone to be
    connected to. But the kernel counts the number as taken when somebody lets it choose one."""
    sock = socket.socket(_family(address), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((address, port))
    _held.append(sock)
    return sock.getsockname()[1]


def has_ipv6():
    """Whether this machine has an IPv6 loopback; containers often have none."""
    try:
        _bind("::1", 0, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


# No label of a name may have more than 63 characters, so whoever resolves names refuses this one
# without asking anybody: tests of it need no DNS, and no machine without one.
UNRESOLVABLE = "x" * 64 + ".invalid"


def listen_on(address, port=0):
    """A listening TCP socket; port 0 lets the kernel choose."""
    sock = socket.socket(_family(address), socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(511)
    return sock


class PrivateNetwork:
    """A network namespace for this process and the children it starts from then on: all of
    127.0.0.0/8 is ours, and we decide what does not pass. Raises
    PermissionError without the right to make one."""

    def __init__(self):
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
            raise PermissionError(ctypes.get_errno(), "no right to make a network namespace")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self._nft("add table ip cuts")
        self._nft("add chain ip cuts input { type filter hook input priority 0; }")

    def cut(self, one, other):
        """From now on nothing passes between the two addresses, and nobody is told."""
        for source, target in ((one, other), (other, one)):
            self._nft(f"add rule ip cuts input ip saddr {source} ip daddr {target} drop")

    def vanish(self, address):
        """From now on nothing comes to this address nor from it: its host lost its power."""
        for end in ("saddr", "daddr"):
            self._nft(f"add rule ip cuts input ip {end} {address} drop")

    def split(self, group, others):
        """From now on nothing passes between the two groups of addresses."""
        one, other = (f"{{ {', '.join(addresses)} }}" for addresses in (group, others))
        self.cut(one, other)

    def lose(self, percent):
        """From now on so many of a hundred packets are lost, by chance, of UDP and of TCP."""
        self._nft(f"add rule ip cuts input meta l4proto {{ tcp, udp }} "
                  f"numgen random mod 100 < {percent} drop")

    def block_udp(self, address):
        """From now on UDP neither comes to this address nor from it; TCP does."""
        for end in ("saddr", "daddr"):
            self._nft(f"add rule ip cuts input ip {end} {address} meta l4proto udp drop")

    @staticmethod
    def bytes_sent():
        """By everybody, with every header below IP and above."""
        with open("/proc/net/dev", encoding="ascii") as devices:
            for line in devices:
                name, _, numbers = line.partition(":")
                if name.strip() == "lo":
                    return int(numbers.split()[0])
        raise RuntimeError("there is no loopback")

    def mend(self):
        """Nothing is cut off, lost or blocked any more."""
        self._nft("flush chain ip cuts input")

    @staticmethod
    def _nft(command):
        subprocess.run(["nft", command], check=True)


def network_for_module():
    """For setUpModule(): a network of our own, or the module is skipped where that is not allowed."""
    try:
        return PrivateNetwork()
    except (PermissionError, FileNotFoundError) as error:
        raise unittest.SkipTest(f"a network of our own: {error}") from error
