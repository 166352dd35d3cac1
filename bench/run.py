"""Our codec beside Go memberlist's, on the same payloads, one after the other in one run: the ratio
is what counts on a shared machine. Takes the folder of the built benchmark."""

import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = 5


def ours(build):
    out = subprocess.run([f"{build}/wire_bench", "--benchmark_format=json",
                          "--benchmark_min_time=0.1"], capture_output=True, text=True, check=True)
    return {row["name"]: row["cpu_time"] for row in json.loads(out.stdout)["benchmarks"]}


def theirs():
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
    out = subprocess.run(["go", "test", "-bench", ".", "-benchtime", "0.1s", "-cpu", "1",
                          "codec_test.go"], cwd=HERE, env=env, capture_output=True, text=True,
                         check=True)
    return {name: float(ns)
            for name, ns in re.findall(r"^Benchmark_(\w+)\s+\d+\s+([\d.]+) ns/op", out.stdout, re.M)}


def main(build):
    rounds = [(ours(build), theirs()) for _ in range(ROUNDS)]
    print(f"{'nanoseconds, best of ' + str(ROUNDS):32}{'scrimplb':>10}{'go':>10}{'ratio':>8}")
    for name in rounds[0][0]:
        mine = min(us[name] for us, _ in rounds)
        go = min(them[name] for _, them in rounds)
        print(f"{name.replace('_', ' '):32}{mine:10.0f}{go:10.0f}{go / mine:8.1f}")


if __name__ == "__main__":
    main(sys.argv[1])
