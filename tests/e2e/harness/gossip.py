"""memberlist messages by hand: enough to look at a cluster, and to misbehave in it.

Written apart from the daemon's own codec on purpose, so that neither can hide the other's mistake.
Format: docs/protocol.md. Left out: encryption, labels, sending compressed.
"""

import gzip
import json
import socket
import struct
import threading
import time
import zlib

PING, INDIRECT, ACK, SUSPECT, ALIVE, DEAD, PUSH_PULL, COMPOUND = range(8)
USER, COMPRESS, ENCRYPT, NACK, CRC, ERROR = range(8, 14)
STATES = ("alive", "suspect", "dead", "left")


def pack(value):
    """msgpack in memberlist's dialect: text and bytes both as raw, keys sorted."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _pack_integer(value)
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(
            pack(key) + pack(value[key]) for key in sorted(value))
    raw = value.encode() if isinstance(value, str) else bytes(value)
    if len(raw) < 32:
        return bytes([0xa0 | len(raw)]) + raw
    return b"\xda" + struct.pack(">H", len(raw)) + raw


def _pack_integer(value):
    if value < 0:
        return b"\xd3" + struct.pack(">q", value)
    if value < 0x80:
        return bytes([value])
    for limit, code, form in ((1 << 8, 0xcc, ">B"), (1 << 16, 0xcd, ">H"), (1 << 32, 0xce, ">I")):
        if value < limit:
            return bytes([code]) + struct.pack(form, value)
    return b"\xcf" + struct.pack(">Q", value)


_FIXED = {0xcc: ">B", 0xcd: ">H", 0xce: ">I", 0xcf: ">Q",
          0xd0: ">b", 0xd1: ">h", 0xd2: ">i", 0xd3: ">q"}
_SIZED = {0xd9: ">B", 0xda: ">H", 0xdb: ">I", 0xc4: ">B", 0xc5: ">H", 0xc6: ">I"}


def unpack(data, at=0):
    """(value, where it ends); raw comes as bytes, map keys as text."""
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at
    if code < 0x90:
        result = {}
        for _ in range(code & 0x0f):
            key, at = unpack(data, at)
            result[key.decode()], at = unpack(data, at)
        return result, at
    if 0xa0 <= code < 0xc0:
        end = at + (code & 0x1f)
        return data[at:end], end
    if code in (0xc0, 0xc2, 0xc3):
        return {0xc0: None, 0xc2: False, 0xc3: True}[code], at
    form = _FIXED.get(code) or _SIZED[code]
    number = struct.unpack_from(form, data, at)[0]
    at += struct.calcsize(form)
    if code in _FIXED:
        return number, at
    return data[at:at + number], at + number


def lzw_decode(data):
    """Go's compress/lzw: least significant bit first, literals of 8 bits."""
    clear, end, widest = 256, 257, 12
    output, table = bytearray(), {}
    width, following, last = 9, end, None
    held, count = 0, 0
    for byte in data:
        held |= byte << count
        count += 8
        if count < width:
            continue
        code = held & ((1 << width) - 1)
        held, count = held >> width, count - width
        if code == end:
            return bytes(output)
        if code == clear:
            table, width, following, last = {}, 9, end, None
            continue
        entry = bytes([code]) if code < clear else table.get(code) or last + last[:1]
        output += entry
        if last is not None:
            table[following] = last + entry[:1]
        last, following = entry, following + 1
        if following >= 1 << width:
            if width == widest:
                last, following = None, following - 1
            else:
                width += 1
    raise ValueError("no end code")


def message(kind, **fields):
    return bytes([kind]) + pack(fields)


def compound(*parts):
    return (bytes([COMPOUND, len(parts)]) + b"".join(struct.pack(">H", len(p)) for p in parts)
            + b"".join(parts))


def with_crc(payload):
    return bytes([CRC]) + struct.pack(">I", zlib.crc32(payload)) + payload


def split(packet):
    """The single messages of a datagram."""
    kind = packet[0] if packet else None
    if kind == CRC:
        return split(packet[5:])
    if kind == COMPRESS:
        return split(lzw_decode(unpack(packet, 1)[0]["Buf"]))
    if kind != COMPOUND:
        return [packet]
    lengths = struct.unpack_from(f">{packet[1]}H", packet, 2)
    parts, at = [], 2 + 2 * packet[1]
    for length in lengths:
        parts.extend(split(packet[at:at + length]))
        at += length
    return parts


def metadata(document):
    """A node's metadata for a JSON document."""
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), mtime=0)


def backend_metadata(*applications):
    return metadata({"type": "backend", "applications": list(applications)})


def members(address, port, seconds=5.0):
    """{name: {state, incarnation, address, port, meta}} as the node there sees its cluster.

    A push/pull that brings nothing and joins nobody.
    """
    with socket.create_connection((address, port), timeout=seconds) as stream:
        stream.sendall(message(PUSH_PULL, Join=False, Nodes=0, UserStateLen=0))
        data = b""
        while True:
            try:
                return _read_members(data)
            except (IndexError, struct.error):  # Not whole yet.
                piece = stream.recv(65536)
                if not piece:
                    raise OSError("the state ended early") from None
                data += piece


def _read_members(data):
    if data[0] == COMPRESS:
        compressed, end = unpack(data, 1)
        if len(data) < end:
            raise IndexError
        data = lzw_decode(compressed["Buf"])
    if data[0] != PUSH_PULL:
        raise OSError(f"answered with a message of type {data[0]}")
    header, at = unpack(data, 1)
    found = {}
    for _ in range(header["Nodes"]):
        node, at = unpack(data, at)
        if at > len(data):
            raise IndexError
        found[node["Name"].decode()] = {
            "state": STATES[node["State"]], "incarnation": node["Incarnation"],
            "address": node["Addr"], "port": node["Port"], "meta": node["Meta"] or b""}
    return found


def alive_members(address, port):
    """Names of those who are neither dead nor left, sorted."""
    return sorted(name for name, member in members(address, port).items()
                  if member["state"] in ("alive", "suspect"))


class Peer:
    """A member made by hand: answers pings, announces whatever metadata it is told to."""

    def __init__(self, name, address):
        self.name = name
        self.address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self.port = self._socket.getsockname()[1]
        self._incarnation = 0
        self._closed = False
        self._thread = threading.Thread(target=self._answer_pings, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closed = True
        while self._thread.is_alive():
            self._socket.sendto(b"", (self.address, self.port))  # Wakes it, unless it is lost.
            self._thread.join(0.1)
        self._socket.close()

    def send(self, payload, to):
        """One datagram to (address, port)."""
        self._socket.sendto(payload, to)

    def announce(self, meta, to, name=None, versions=bytes([1, 5, 2, 0, 0, 0])):
        self._incarnation += 1
        self.send(message(ALIVE, Node=name or self.name, Addr=socket.inet_aton(self.address),
                          Port=self.port, Incarnation=self._incarnation, Meta=meta,
                          Vsn=versions), to)

    def leave(self, to):
        self.send(message(DEAD, Node=self.name, From=self.name,
                          Incarnation=self._incarnation), to)

    def _answer_pings(self):
        while not self._closed:
            packet, sender = self._socket.recvfrom(65536)
            for part in split(packet):
                if part[:1] == bytes([PING]):
                    self.send(message(ACK, Payload=None, SeqNo=unpack(part, 1)[0]["SeqNo"]),
                              sender)


def send_datagrams(payloads, to, pause_every=50):
    """Sends each, with short pauses so that the receiver's buffer holds them."""
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        for number, payload in enumerate(payloads):
            sock.sendto(payload, to)
            if number % pause_every == pause_every - 1:
                time.sleep(0.01)


def send_stream(payload, to, seconds=5.0):
    """One connection: sends, says it is done, and reads what comes until the end."""
    answer = b""
    with socket.create_connection(to, timeout=seconds) as stream:
        try:
            stream.sendall(payload)
            stream.shutdown(socket.SHUT_WR)
            while piece := stream.recv(65536):
                answer += piece
        except OSError:
            pass  # Reset or not answered: as good as closed.
    return answer
