#!/bin/sh
# Runs the interoperability suite against build/release/scrimplb (SCRIMPLB names another) and ends
# with unittest's summary. Arguments are unittest's: -f, -k PATTERN, interop_test.CLASS. The Go peer
# is built from Debian's packaged sources first.
cd "$(dirname "$0")" || exit 1
export PYTHONDONTWRITEBYTECODE=1
case "$*" in
    *interop_test*) ;;
    *) set -- "$@" interop_test ;;
esac
exec python3 -m unittest -v "$@"
