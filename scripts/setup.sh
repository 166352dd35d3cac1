# What a Debian 12 machine needs, by purpose, and how it gets there. Sourced by ./dev.

build_packages=(g++ cmake ninja-build git python3 libboost1.81-dev nlohmann-json3-dev libcli11-dev
    libspdlog-dev libfmt-dev libexpected-dev nettle-dev zlib1g-dev libmbedtls-dev
    libcurl4-openssl-dev libexpat1-dev libkainjow-mustache-dev)
demo_packages=(nginx openssl)
test_packages=("${demo_packages[@]}" libgtest-dev golang-go golang-github-hashicorp-memberlist-dev
    golang-golang-x-net-dev serf caddy radosgw ceph-mon ceph-osd ceph-common etcd-server etcd-client
    dnsmasq-base haproxy nftables iproute2 pebble certbot dehydrated)
bench_packages=(wrk curl)
storm_packages=(libgtest-dev libbenchmark-dev)
fuzz_packages=(clang-19 libclang-rt-19-dev)
lint_packages=(libgtest-dev clang-format-19 clang-tidy-19)

# setup PURPOSE: what is missing for building and, if PURPOSE is not release, for that.
setup() {
    local wanted=("${build_packages[@]}")
    case $1 in
        release) ;;
        demo) wanted+=("${demo_packages[@]}") ;;
        dev | test) wanted+=("${test_packages[@]}") ;;
        bench) wanted+=("${bench_packages[@]}") ;;
        storm) wanted+=("${storm_packages[@]}") ;;
        storm-clang) wanted+=("${storm_packages[@]}" clang-19) ;;
        fuzz) wanted+=("${fuzz_packages[@]}") ;;
        lint) wanted+=("${lint_packages[@]}") ;;
        *)
            echo "./dev: there is no preset '$1'; release, dev, storm, storm-clang and fuzz are" >&2
            return 2
            ;;
    esac
    local missing=() package
    for package in "${wanted[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
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

# Installing nginx must not open port 80 on somebody's machine: nothing that a package brings is
# started, which is what policy-rc.d is for.
without_starting_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'as_root rm -f $policy' EXIT
        trap 'exit 130' INT TERM
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    "$@"
)

# Nor shall what came for a demonstration or a test start with the machine.
disable_services() {
    [ -d /run/systemd/system ] || return 0
    local package
    for package in "$@"; do
        case $package in
            haproxy | nginx | serf | caddy) as_root systemctl disable --quiet "$package" 2>/dev/null || true ;;
            certbot) as_root systemctl disable --quiet certbot.timer 2>/dev/null || true ;;
            etcd-server) as_root systemctl disable --quiet etcd 2>/dev/null || true ;;
        esac
    done
}

install_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "./dev: this is not a Debian machine; install by hand: $*" >&2
        return 1
    fi
    echo "installing: $*" >&2
    local log
    log=$(mktemp)
    if ! { as_root apt-get update -q && without_starting_services as_root env \
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        "$@"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        echo "./dev: apt-get failed; the whole log is $log" >&2
        return 1
    fi
    rm -f "$log"
    disable_services "$@"
}
