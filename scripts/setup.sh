# What a Debian 12 machine needs, by purpose, and how it gets there. Sourced by ./dev.

build_packages=(g++ cmake ninja-build libboost1.81-dev nlohmann-json3-dev libcli11-dev libspdlog-dev
    libfmt-dev libexpected-dev nettle-dev zlib1g-dev)
demo_packages=(python3 nginx openssl)
test_packages=(libgtest-dev golang-go golang-github-hashicorp-memberlist-dev serf)
lint_packages=(clang-format-19 clang-tidy-19)
bench_packages=(libbenchmark-dev)
fuzz_packages=(clang-19 libclang-rt-19-dev)

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installing nginx must not open port 80 on somebody's machine: nothing that a package brings is
# started, which is what policy-rc.d is for.
without_starting_services() {
    local policy=/usr/sbin/policy-rc.d
    if [ -e $policy ]; then
        "$@"
        return
    fi
    local status=0
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    "$@" || status=$?
    as_root rm -f $policy
    return $status
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "./dev: installing packages needs root: run as root, or install sudo" >&2
        return 1
    fi
}

setup_packages() {
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "./dev: this is not a Debian machine; install by hand: ${missing[*]}" >&2
        return 1
    fi
    echo "installing: ${missing[*]}" >&2
    local log
    log=$(mktemp)
    if ! { as_root apt-get update -q && without_starting_services as_root env \
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        echo "./dev: apt-get failed; the whole log is $log" >&2
        return 1
    fi
    rm -f "$log"
}
