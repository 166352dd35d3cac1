# Configuring and building with CMake presets. Sourced by ./dev.

configure() {
    [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >"/dev/null"
}

# build PRESET [TARGET...]
build() {
    local preset=$1
    shift
    configure "$preset"
    cmake --build "build/$preset" ${1:+--target "$@"}
}

# Every C++ file of ours, a line each.
cpp_sources() {
    git ls-files --cached --others --exclude-standard '*.cc' '*.h'
}
