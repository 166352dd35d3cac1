#!/usr/bin/env python3
"""Writes the seeds of the wire targets' corpora from the golden vectors, the malformed frames and the
captures: python3 tests/fuzz/seed_corpus.py. Inputs that fuzzing found are files beside them; this
script removes nothing."""

import hashlib
import pathlib
import random
import struct

TESTS = pathlib.Path(__file__).resolve().parent.parent
CORPUS = TESTS / "fuzz" / "corpus"
# A corpus is replayed in every test run: few, small, different.
SEED_BYTES_MAX = 1500
CAPTURED_MAX = 24


def save(target, data):
    if len(data) > SEED_BYTES_MAX:
        return
    folder = CORPUS / f"{target}_fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def lines(name):
    for line in (TESTS / "golden" / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


def captured(name):
    """(transport, payload) of a capture: datagrams, and TCP streams put together."""
    data = (TESTS / "golden" / "captures" / name).read_bytes()
    at, streams = 24, {}
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        ip = data[at + 16 + 14 : at + 16 + size]
        at += 16 + size
        body = ip[20 : struct.unpack_from(">H", ip, 2)[0]]
        if ip[9] == 17:
            yield "udp", body[8:]
        elif ip[9] == 6:
            payload = body[(body[12] >> 4) * 4 :]
            if payload:
                flow = streams.setdefault(ip[12:20] + body[:4], {})
                flow[struct.unpack_from(">I", body, 4)[0]] = payload
    for flow in streams.values():
        yield "tcp", b"".join(flow[sequence] for sequence in sorted(flow))


def save_payload(transport, payload):
    if transport == "udp":
        save("packet", payload)
        save("sealed_packet", payload)
    else:
        save("stream", b"\x00" + payload)  # Plain, from the dialer, byte by byte.
        save("stream", b"\x41" + payload)  # Sealed, in pieces of 17.
    save("wire_decode", f"{transport} {payload.hex()}\n".encode())


def node_scripts():
    """Steps of node_fuzz.cc by chance: most are news of a few members and time that passes."""
    chance = random.Random(1)
    for length in (20, 60, 200, 600):
        for choice in (0, 3, 7, 8):
            yield bytes([choice]) + bytes(
                chance.choice((1, 2, 3, 7, chance.randrange(256))) for _ in range(length))


def main():
    for script in node_scripts():
        save("node", script)
    for kind, *words in lines("vectors.txt"):
        if kind == "message":
            save("message", unhex(words[1]))
            save_payload("udp", unhex(words[1]))
        elif kind == "packet":
            save_payload("udp", unhex(words[1]))
        elif kind == "stream":
            save_payload("tcp", unhex(words[1]))
        elif kind == "lzw":
            save("lzw_decode", unhex(words[1]))
            save("lzw_round_trip", unhex(words[0]) or b"\x07")
        elif kind == "seal":
            save("keyring", unhex(words[4]))
            save("sealed_packet", unhex(words[4]))
        elif kind in ("accepts", "refuses") and words[0].startswith("ping"):
            save("message", b"\x00" + unhex(words[1]))
        elif kind in ("accepts", "refuses") and words[0].startswith("alive"):
            save("message", b"\x04" + unhex(words[1]))
    for transport, _, payload, _ in lines("malformed.txt"):
        save_payload(transport, unhex(payload))
        if transport == "udp":
            save("message", unhex(payload))
    for name in ("plain-nocompress.pcap", "compress-default.pcap", "enc-aes128.pcap"):
        for wanted in ("udp", "tcp"):
            payloads = [p for t, p in captured(name) if t == wanted]
            step = max(1, len(payloads) // CAPTURED_MAX)
            for payload in payloads[::step]:
                save_payload(wanted, payload)
    save("wire_decode", b"udp 0\nhello\n\n# nothing\ntcp \n")


main()
