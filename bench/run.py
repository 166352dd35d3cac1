"""A packet's way, and what a node costs, beside Debian's Go memberlist: the same work done by both
in turns, as processor time, which a busy machine changes little; the ratio is what counts. Takes
the folder of the built benchmarks."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "github.com/hashicorp/memberlist"
SOURCES = pathlib.Path("/usr/share/gocode/src") / PACKAGE
ROUNDS = 5
REPETITIONS = 2000
"""Of Go's each round, some 10 ms; ours are counted by time."""

MEMBERS = ("10", "100", "1000")


def build_theirs(directory):
    """memberlist's tests with ours instead of its own; the path of the program."""
    overlay = {str(test): "" for test in SOURCES.glob("*_test.go")}
    overlay[str(SOURCES / "scrimp_test.go")] = str(HERE / "memberlist_test.go")
    (directory / "overlay.json").write_text(json.dumps({"Replace": overlay}))
    program = directory / "theirs"
    env = {"GOCACHE": str(directory / "cache"), **os.environ, "GO111MODULE": "off",
           "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
    subprocess.run(["go", "test", "-c", "-vet=off", "-overlay", directory / "overlay.json",
                    "-o", program, PACKAGE], env=env, check=True)
    return program


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def our_packets(build):
    out = output_of(f"{build}/packet_bench", "--benchmark_format=json",
                    "--benchmark_min_time=0.02")
    return {row["name"].replace("code/", "code_"): row["cpu_time"]
            for row in json.loads(out)["benchmarks"]}


def their_packets(program):
    out = output_of(program, "-test.run", "NONE", "-test.bench", ".", "-test.cpu", "1",
                    "-test.benchtime", f"{REPETITIONS}x")
    return {name: float(ns) for name, ns in re.findall(
        r"^Benchmark_([\w/]+)\s.*?([\d.]+) cpu-ns/op", out, re.M)}


def compare_packets(build, program):
    rounds = [(our_packets(build), their_packets(program)) for _ in range(ROUNDS)]
    print(f"{'nanoseconds, best of ' + str(ROUNDS):38}{'scrimplb':>10}{'go 0.2.2':>10}{'ratio':>8}")
    for name in rounds[0][0]:
        mine = min(us[name] for us, _ in rounds)
        go = min(them[name] for _, them in rounds)
        print(f"{re.sub('[_/]', ' ', name):38}{mine:10.0f}{go:10.0f}{go / mine:8.1f}")


def compare_clusters(build, program):
    """Go's nodes know no virtual time, so a thousand of them would need more than this machine."""
    ours = json.loads(output_of(f"{build}/cluster_bench"))
    theirs = json.loads(output_of(program, "-test.run", "Test_cluster").splitlines()[0])
    for what, title in (("microseconds", "processor µs a node and second"),
                        ("kilobytes", "memory a node, KiB")):
        print(f"\n{title:38}{'scrimplb':>10}{'go 0.2.2':>10}{'ratio':>8}")
        for members in MEMBERS:
            mine = ours[members][what]
            go = theirs.get(members, {}).get(what)
            rest = f"{go:10.1f}{go / mine:8.1f}" if go else f"{'-':>10}{'-':>8}"
            print(f"{'cluster of ' + members:38}{mine:10.1f}{rest}")


def main(build):
    with tempfile.TemporaryDirectory(prefix="scrimp-bench-") as directory:
        program = build_theirs(pathlib.Path(directory))
        compare_packets(build, program)
        compare_clusters(build, program)


if __name__ == "__main__":
    main(sys.argv[1])
