# The waterline, for those who compile: above it Boost.Asio is everywhere.
set(wet_floors runtime providers app)

function(scrimp_waterline out name)
    if(name IN_LIST wet_floors)
        set(${out} wet PARENT_SCOPE)
    else()
        set(${out} dry PARENT_SCOPE)
    endif()
endfunction()

# Compiles the sources of a target eight at a time, so that what they include is parsed once and not
# eight times: half the work of a build from nothing. It hides a header that a source forgot to
# name; the storm and fuzz presets, which compile each source alone, find those.
option(SCRIMP_UNITY "Compile several sources of a floor as one" OFF)

function(scrimp_unity target)
    if(SCRIMP_UNITY)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            # Of a type in an unnamed namespace g++ says so wherever it is not the main file.
            target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
        endif()
    endif()
endfunction()

# A floor is one folder of src/, one namespace and one library; its sources are what lies there.
function(scrimp_floor name)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
    list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
    add_library(scrimp_${name} STATIC ${sources})
    target_link_libraries(scrimp_${name} PUBLIC scrimp_options ${ARGN})
    scrimp_waterline(side ${name})
    scrimp_precompiled(scrimp_${name} ${side})
    if(NOT name STREQUAL "helpers")  # Each source there has limits of its own by the same names.
        scrimp_unity(scrimp_${name})
    endif()
endfunction()

function(scrimp_program name main)
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE ${ARGN})
    if(SCRIMP_RELEASE)
        add_custom_command(TARGET ${name} POST_BUILD COMMAND ${CMAKE_STRIP} $<TARGET_FILE:${name}>)
    endif()
endfunction()

# The unit tests of a floor stand beside their modules as *_test.cc and form one executable.
function(scrimp_floor_tests)
    foreach(name IN LISTS ARGN)
        file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*_test.cc)
        if(tests)
            scrimp_test_batches(batches ${name}_test ${tests})
            add_executable(${name}_test ${batches})
            target_link_libraries(${name}_test PRIVATE scrimp_${name} GTest::gtest_main)
            target_compile_definitions(${name}_test PRIVATE
                SCRIMP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
            scrimp_waterline(side ${name})
            scrimp_precompiled(${name}_test ${side}_test)
            add_test(NAME ${name} COMMAND ${name}_test)
        endif()
    endforeach()
endfunction()
