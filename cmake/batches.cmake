# Test sources, eight compiled as one. A floor's tests have helpers of the same name (`refusal`,
# `fetch`), each in its file's unnamed namespace; so, unlike scrimp_unity, this writes the eight into a
# file of its own and gives each unnamed namespace the name of its source, where the tests lie inside
# it. Whoever reads an error or a stack trace is told the source and the line all the same.
#
# Most of what a test costs to compile are templates of the standard library, GoogleTest and
# JSON, instantiated and instrumented again for each source: eight of swim's took 49 s of a processor
# one by one and 19 s together.

option(SCRIMP_BATCHES "Compile several tests of a floor as one" OFF)

# scrimp_test_batches(OUT NAME SOURCES...): what to compile instead of SOURCES.
function(scrimp_test_batches out name)
    set(sources ${ARGN})
    if(NOT SCRIMP_BATCHES)
        set(${out} ${sources} PARENT_SCOPE)
        return()
    endif()
    set(batches "")
    while(sources)
        list(LENGTH batches number)
        list(SUBLIST sources 0 8 some)
        list(REMOVE_ITEM sources ${some})
        set(batch ${PROJECT_BINARY_DIR}/batches/${name}_${number}.cc)
        add_custom_command(OUTPUT ${batch}
            COMMAND ${CMAKE_COMMAND} -P ${PROJECT_SOURCE_DIR}/cmake/batch.cmake ${batch} ${some}
            DEPENDS ${some} ${PROJECT_SOURCE_DIR}/cmake/batch.cmake
            COMMENT "Joining tests to ${name}_${number}.cc" VERBATIM)
        list(APPEND batches ${batch})
    endwhile()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # As in scrimp_unity: types in the unnamed namespaces that are left are in no main file.
        set_source_files_properties(${batches} PROPERTIES COMPILE_OPTIONS -Wno-subobject-linkage)
    endif()
    set(${out} ${batches} PARENT_SCOPE)
endfunction()
