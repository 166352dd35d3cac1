# Configuring and building with CMake presets. Sourced by ./dev.

configure() {
    [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >"/dev/null"
}

build() {
    configure "$1"
    cmake --build "build/$1"
}

# Every C++ file of ours, a line each.
cpp_sources() {
    git ls-files --cached --others --exclude-standard '*.cc' '*.h'
}
