"""A generator of hostile announcements: what a peer can say that must never reach the proxy.

Each bears a word of its own (its mark) in all that it would have the balancer write, so that one
search tells whether anything of it came through. What varies within a kind comes from a seed.
"""

import gzip
import json
import random
import zlib
from typing import NamedTuple

from .node import application

METADATA_MAX = 512

PAYLOADS = ("; } server { listen 81; return 200 pwned; } server { listen 444; server_name y",
            "\n}\nserver{listen 81;}\n", "'; include /etc/passwd; '", "\"; include /etc/passwd; \"",
            "{", "}", ";", "$host", "${request_uri}", "#", "\\", "\\;", "`id`", "$(reboot)", "%0a",
            "\x00", "\x1b[2J", "\u202e", "\r\nX-Evil: 1", "\t", " ", "'", "\"", "\u2028", "\x7f",
            "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "|", "&", "<script>")


class Announcement(NamedTuple):
    kind: str
    mark: str
    meta: bytes


class _Maker:
    """What the kinds below are made with: `mark` in every name and domain, `port` a port that the
    balancer serves, `rival` a domain that somebody else has."""

    def __init__(self, mark, chance, port, rival):
        self.mark, self.chance, self.port, self.rival = mark, chance, port, rival

    def good(self, **changes):
        """An application with nothing wrong but what `changes` say; keys with _ for -."""
        made = application(self.mark, self.port, 8080)
        for key, value in changes.items():
            made[key.replace("_", "-")] = value
        return made

    def without(self, key):
        made = self.good()
        del made[key]
        return made

    def spoilt(self):
        """The mark with something in it that nginx would obey."""
        payload = self.chance.choice(PAYLOADS)
        return self.chance.choice((f"{self.mark}{payload}x", f"{payload}{self.mark}",
                                   f"{self.mark}{payload}"))

    def bad_port(self):
        return self.chance.choice((
            0, -1, 65536, 1 << 31, 1 << 63, -(1 << 63), 1e300, 80.5, "0", "-1", "65536", "", " 443",
            "443 ", "443 ssl", "0x1bb", "443;", "4 43", "443\n", "１２３", "1e3", "+443", None, True,
            [443], {"port": 443}, "9" * 30))


def _announce(*applications, **more):
    return {"type": "backend", "applications": list(applications), **more}


def _text(value):
    return json.dumps(value, separators=(",", ":")).encode()


# Each: what it is called, and what makes the document of it, or its bytes.
_KINDS = {
    "name injects": lambda m: _announce(m.good(name=m.spoilt())),
    "name is long": lambda m: _announce(m.good(name=m.mark + "n" * m.chance.randrange(64, 400))),
    "name is empty": lambda m: _announce(m.good(name="")),
    "name climbs": lambda m: _announce(m.good(name=f"../../{m.mark}")),
    "name is no text": lambda m: _announce(m.good(name=m.chance.choice((7, None, [], {}, True)))),
    "name is missing": lambda m: _announce(m.without("name")),
    "domain injects": lambda m: _announce(m.good(domains=[m.spoilt() + ".test"])),
    "domain behind a good one injects": lambda m: _announce(
        m.good(domains=[f"{m.mark}.test", m.chance.choice(PAYLOADS[:4])])),
    "domain is a pattern": lambda m: _announce(
        m.good(domains=[m.chance.choice((f"~^{m.mark}.*$", f"~*{m.mark}", f"{m.mark}.*"))])),
    "domain with a star inside": lambda m: _announce(m.good(domains=[f"a.*.{m.mark}.test"])),
    "domain is a star": lambda m: _announce(m.good(domains=[m.chance.choice(("*", "*.", "**", "."))])),
    "domain is empty": lambda m: _announce(m.good(domains=[""])),
    "domain has an empty label": lambda m: _announce(
        m.good(domains=[m.chance.choice((f"{m.mark}..test", f".{m.mark}.test"))])),
    "domain has a long label": lambda m: _announce(m.good(domains=[f"{m.mark}{'l' * 64}.test"])),
    "domain is long": lambda m: _announce(m.good(domains=[f"{m.mark}.{'d.' * 150}test"])),
    "domain is not ASCII": lambda m: _announce(m.good(domains=[f"{m.mark}é.test"])),
    "domain has a port": lambda m: _announce(m.good(domains=[f"{m.mark}.test:81"])),
    "domain has a path": lambda m: _announce(m.good(domains=[f"{m.mark}.test/admin"])),
    "domain reads a file": lambda m: _announce(m.good(domains=[f"include /etc/{m.mark}"])),
    "domain is no text": lambda m: _announce(m.good(domains=[7, {}, None, []])),
    "domains are one text": lambda m: _announce(m.good(domains=f"{m.mark}.test")),
    "domains are none": lambda m: _announce(m.good(domains=[])),
    "domains are missing": lambda m: _announce(m.without("domains")),
    "domain belongs to another": lambda m: _announce(m.good(domains=[m.rival])),
    "domain belongs to another, shouted": lambda m: _announce(m.good(domains=[m.rival.upper()])),
    "listen-port is none": lambda m: _announce(m.good(listen_port=m.bad_port())),
    "listen-port injects": lambda m: _announce(m.good(listen_port=m.spoilt())),
    "listen-port is missing": lambda m: _announce(m.without("listen-port")),
    "application-port is none": lambda m: _announce(m.good(application_port=m.bad_port())),
    "application-port injects": lambda m: _announce(m.good(application_port=m.spoilt())),
    "application-port is missing": lambda m: _announce(m.without("application-port")),
    "protocol is unknown": lambda m: _announce(m.good(protocol=m.chance.choice(
        ("gopher", "", "ftp", "file", "unix", "http2", "fastcgi", "data", "h" * 200)))),
    "protocol injects": lambda m: _announce(m.good(protocol=f"http://{m.mark}/{m.spoilt()}")),
    "protocol is no text": lambda m: _announce(m.good(protocol=m.chance.choice((1, None, ["http"])))),
    "protocol is missing": lambda m: _announce(m.without("protocol")),
    "name belongs to another": lambda m: _announce(
        m.good(name="web", domains=[f"{m.mark}.scrimp.test"])),
    "application is no object": lambda m: _announce(m.mark, 7, None, [m.good()]),
    "applications are no list": lambda m: {"type": "backend", "applications": m.good()},
    "role is unknown": lambda m: {**_announce(m.good()), "type": m.chance.choice(
        ("Backend", "backends", "", "router", 7, None, ["backend"], "x" * 100))},
    "role is missing": lambda m: {"applications": [m.good()]},
    "balancer with applications": lambda m: {**_announce(m.good()), "type": "load-balancer"},
    "withheld, and injects": lambda m: _announce(
        withheld=[{**m.good(name=m.spoilt()), "state": "draining", "reason": m.spoilt()}]),
    "withheld for no reason there is": lambda m: _announce(
        withheld=[{**m.good(), "state": m.chance.choice(("", "healthyish", "\x1b[2J", 7, None)),
                   "reason": m.spoilt()}]),
    "withheld is no list": lambda m: _announce(withheld={"a": m.good()}),
    "permit is nonsense": lambda m: _announce(m.good(domains=[m.rival]), permit=m.spoilt()),
    "count is nonsense": lambda m: _announce(m.good(domains=[m.rival]), count=m.bad_port(),
                                             digest=m.spoilt()),
    "key twice": lambda m: b'{"type":"backend","applications":[{"name":"%s","name":"%s;}",' \
        b'"listen-port":"443","application-port":"1","protocol":"http","domains":["a;b"]}]}' % (
            m.mark.encode(), m.mark.encode()),
    "JSON is cut": lambda m: _text(_announce(m.good()))[:-m.chance.randrange(1, 60)],
    "JSON with more behind": lambda m: _text(_announce(m.good())) + b"}",
    "JSON with a comment": lambda m: b"/* */" + _text(_announce(m.good())),
    "JSON is deep": lambda m: b'{"type":"backend","applications":' + b"[" * 20_000,
    "JSON is not UTF-8": lambda m: _text(_announce(m.good(name=m.mark + "?"))).replace(
        b"?", m.chance.choice((b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"))),
    "number beyond all": lambda m: _text(_announce(m.good(listen_port=0))).replace(
        b'"listen-port":0', b'"listen-port":1e999'),
}

# Of these the packing is at fault.
_PACKINGS = {
    "packed: random bytes": lambda packed, chance: chance.randbytes(chance.randrange(1, 500)),
    "packed: cut": lambda packed, chance: packed[:chance.randrange(1, len(packed) - 1)],
    "packed: one bit": lambda packed, chance: _flip(packed, chance),
    "packed: more behind": lambda packed, chance: packed + b"\x00" + chance.randbytes(3),
    "packed: not at all": lambda packed, chance: gzip.decompress(packed),
    "packed: by zlib": lambda packed, chance: zlib.compress(gzip.decompress(packed)),
    "packed: inflates": lambda packed, chance: gzip.compress(
        gzip.decompress(packed)[:-1] + b" " * 300_000 + b"}"),
    "packed: twice": lambda packed, chance: gzip.compress(packed),
    "packed: too much": lambda packed, chance: packed + chance.randbytes(METADATA_MAX),
}

KINDS = len(_KINDS) + len(_PACKINGS)


def _flip(packed, chance):
    """In what is compressed or its checksum: in the header before, most bits mean nothing."""
    at = chance.randrange(10, len(packed))
    return packed[:at] + bytes([packed[at] ^ 1 << chance.randrange(8)]) + packed[at + 1:]


def announcements(count, seed, port, rival):
    """So many, every kind in turn."""
    chance = random.Random(seed)
    kinds = sorted(_KINDS) + sorted(_PACKINGS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        maker = _Maker(f"evil{number}x", chance, port, rival)
        if kind in _PACKINGS:
            packed = _PACKINGS[kind](gzip.compress(_text(_announce(maker.good())), mtime=0), chance)
        else:
            made = _KINDS[kind](maker)
            packed = gzip.compress(made if isinstance(made, bytes) else _text(made), mtime=0)
        yield Announcement(kind, maker.mark, packed)
