# Flags that every target of the house shares.
add_library(scrimp_options INTERFACE)
target_compile_options(scrimp_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
target_include_directories(scrimp_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(scrimp_options INTERFACE
    SCRIMP_VERSION="${PROJECT_VERSION}"
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_STD_INVOKE_RESULT BOOST_ASIO_SEPARATE_COMPILATION
    SPDLOG_FMT_EXTERNAL_HO)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports false positives of these inside libstdc++ and boost when it inlines.
    target_compile_options(scrimp_options INTERFACE
        -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Warnings are g++'s business: clang's differ, and libstdc++ 12 sets some of them off itself.
    target_compile_options(scrimp_options INTERFACE -Wno-error)
endif()

if(SCRIMP_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

if(SCRIMP_RELEASE)
    # The floor of a small machine: no libstdc++.so to load, whole-program optimisation, and what
    # hardening costs next to nothing. Asserts stay on.
    add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection
                        -ffunction-sections -fdata-sections)
    add_compile_definitions(_FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
    add_link_options(-static-libstdc++ -static-libgcc -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now
                     -Wl,-z,noexecstack)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    include(CheckPIESupported)
    check_pie_supported()
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_link_options(-flto=auto)  # As many jobs as there are cores, and no warning about one.
        # Machine code beside the intermediate: libscrimplb.a is for linkers of any kind.
        set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -ffat-lto-objects)
    endif()
endif()
