#!/bin/sh
# Runs the interoperability suite against build/release/scrimplb (SCRIMPLB names another) and ends
# with unittest's summary. Arguments are unittest's: a test's name, -k PATTERN, -f. The Go peer is
# built from Debian's packaged sources first.
cd "$(dirname "$0")" || exit 1
export PYTHONDONTWRITEBYTECODE=1
[ $# -gt 0 ] || set -- interop_test
exec python3 -m unittest -v "$@"
