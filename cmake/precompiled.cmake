# The standard library's and other people's headers, parsed once for the tests. Never for the product:
# release is compiled without, so each source still names every header it uses, or does not build.
option(SCRIMP_PRECOMPILE "Parse the headers of others once" OFF)

set(dry_headers <algorithm> <array> <charconv> <chrono> <deque> <filesystem> <fstream> <functional>
    <map> <memory> <optional> <set> <span> <sstream> <string> <string_view> <utility> <variant>
    <vector> <nlohmann/json.hpp> <tl/expected.hpp>)
set(wet_headers ${dry_headers} <thread> <boost/asio/buffer.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/ip/udp.hpp> <boost/asio/posix/stream_descriptor.hpp>
    <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>)
set(dry_test_headers ${dry_headers} <gtest/gtest.h>)
set(wet_test_headers ${wet_headers} <gtest/gtest.h>)

# scrimp_precompiled(TARGET SET): TARGET begins with the headers of SET, one of dry, wet, dry_test
# and wet_test. Whoever names a set first has it compiled; those flags are everybody's.
function(scrimp_precompiled target set)
    if(NOT SCRIMP_PRECOMPILE)
        return()
    endif()
    if(NOT TARGET scrimp_${set}_headers)
        set(empty ${PROJECT_BINARY_DIR}/${set}_headers.cc)
        file(WRITE ${empty} "")
        add_library(scrimp_${set}_headers OBJECT ${empty})
        target_link_libraries(scrimp_${set}_headers PRIVATE scrimp_options
            tl::expected nlohmann_json::nlohmann_json)
        if(set MATCHES "^wet")
            target_link_libraries(scrimp_${set}_headers PRIVATE Boost::headers Threads::Threads)
        endif()
        if(set MATCHES "_test$")
            target_link_libraries(scrimp_${set}_headers PRIVATE GTest::gtest)
        endif()
        target_precompile_headers(scrimp_${set}_headers PRIVATE ${${set}_headers})
    endif()
    target_precompile_headers(${target} REUSE_FROM scrimp_${set}_headers)
endfunction()
