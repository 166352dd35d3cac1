#!/bin/bash
# Fuzzes every target, or those named, after the canary has shown that faults are found: for SECONDS
# each (30 unless given), or with --full until each has had 10 million executions or 30 minutes. What
# is found lies in build/fuzz/artifacts: fix it, then put the input into
# tests/fuzz/corpus/NAME_fuzz, where the ordinary tests replay it for good.
# usage: tests/fuzz/run.sh [SECONDS|--full] [TARGET...]     e.g. tests/fuzz/run.sh 300 stream packet
set -u
cd "$(dirname "$0")/../.." || exit 1
build=build/fuzz
runs=-1 # Without end.
seconds=30
if [ "${1:-}" = --full ]; then
    runs=10000000
    seconds=1800
    shift
elif [ $# -gt 0 ]; then
    seconds=$1
    shift
fi

for name in "$@"; do
    if [ ! -f "tests/fuzz/${name}_fuzz.cc" ]; then
        echo "fuzz: there is no target '$name' (no tests/fuzz/${name}_fuzz.cc)" >&2
        exit 2
    fi
done

cmake --preset fuzz >"/tmp/scrimp-fuzz-configure.$$" 2>&1 || {
    cat "/tmp/scrimp-fuzz-configure.$$"
    exit 1
}
rm -f "/tmp/scrimp-fuzz-configure.$$"
cmake --build $build --target fuzz_targets || exit 1
mkdir -p $build/artifacts $build/found

limits=(-timeout=10 -rss_limit_mb=1024 -artifact_prefix=$build/artifacts/)

if $build/fuzz_canary "${limits[@]}" -artifact_prefix=$build/found/canary- -max_total_time=60 \
    >$build/found/canary.log 2>&1; then
    echo "fuzz: the canary was not found: this run would prove nothing" >&2
    exit 1
fi
echo "fuzz: canary found"

# What libFuzzer counts at its end: number_of_executed_units, average_exec_per_sec, peak_rss_mb.
stat() {
    sed -n "s/^stat::$2: *//p" "$build/found/$1.log"
}

failed=0
for source in tests/fuzz/*_fuzz.cc; do
    name=$(basename "$source" _fuzz.cc)
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    mkdir -p "$build/found/$name"
    if $build/"${name}_fuzz" "${limits[@]}" -max_total_time="$seconds" -runs=$runs \
        -print_final_stats=1 "$build/found/$name" "tests/fuzz/corpus/${name}_fuzz" \
        >"$build/found/$name.log" 2>&1; then
        echo "fuzz: $name: nothing in $(stat "$name" number_of_executed_units) executions," \
            "$(stat "$name" average_exec_per_sec) a second"
    else
        echo "fuzz: $name: FAILED, see $build/found/$name.log and $build/artifacts"
        tail -25 "$build/found/$name.log"
        failed=1
    fi
done
exit $failed
