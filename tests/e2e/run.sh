#!/bin/sh
# Runs the end-to-end suite against build/release/scrimplb (SCRIMPLB names another) and ends with
# unittest's summary. Arguments are unittest's: a file's name, -k PATTERN, -f.
cd "$(dirname "$0")" || exit 1
export PYTHONDONTWRITEBYTECODE=1
[ $# -gt 0 ] || set -- discover -v -p '*_test.py'
exec python3 -m unittest "$@"
