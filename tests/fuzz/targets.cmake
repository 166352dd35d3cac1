# A fuzz target is one NAME_fuzz.cc with its corpus in corpus/NAME_fuzz/; it links the floors whose
# headers it includes, so adding one needs no line here.
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*_fuzz.cc)
set(fuzz_folder ${CMAKE_CURRENT_LIST_DIR})

function(scrimp_fuzz_floors source out)
    file(STRINGS ${source} includes REGEX "^#include \"[a-z]+/")
    set(floors scrimp_base)
    foreach(line IN LISTS includes)
        string(REGEX REPLACE "^#include \"([a-z]+)/.*" "scrimp_\\1" floor "${line}")
        list(APPEND floors ${floor})
    endforeach()
    list(REMOVE_DUPLICATES floors)
    set(${out} ${floors} PARENT_SCOPE)
endfunction()
