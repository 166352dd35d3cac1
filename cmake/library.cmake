# libscrimplb: all floors as one archive, their headers as they lie in src/, and a CMake package, so
# that find_package(scrimplb) gives the target scrimplb::scrimplb. docs/library.md is the tour.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(floors base wire seed swim service proxy admin runtime providers app)
add_library(scrimplb_library STATIC)
foreach(floor IN LISTS floors)
    target_sources(scrimplb_library PRIVATE $<TARGET_OBJECTS:scrimp_${floor}>)
endforeach()
set_target_properties(scrimplb_library PROPERTIES
    OUTPUT_NAME scrimplb EXPORT_NAME scrimplb LINKER_LANGUAGE CXX)
target_compile_features(scrimplb_library INTERFACE cxx_std_20)
# A header includes its neighbours by floor ("wire/message.h"), a user by <scrimplb/wire/message.h>.
target_include_directories(scrimplb_library INTERFACE
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/scrimplb>)
# What the floors were compiled with and their headers depend on: one definition, one program.
target_compile_definitions(scrimplb_library INTERFACE
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_STD_INVOKE_RESULT BOOST_ASIO_SEPARATE_COMPILATION
    SPDLOG_FMT_EXTERNAL_HO)
target_link_libraries(scrimplb_library INTERFACE
    tl::expected nlohmann_json::nlohmann_json Boost::headers Threads::Threads
    spdlog::spdlog_header_only)

install(TARGETS scrimplb DESTINATION ${CMAKE_INSTALL_BINDIR})
# Where the daemon looks for its helpers when they do not lie beside it.
install(TARGETS scrimplb-fetch scrimplb-activate DESTINATION lib/scrimplb)
install(TARGETS scrimplb_library EXPORT scrimplb DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/scrimplb
        FILES_MATCHING PATTERN "*.h"
        PATTERN "*_test.h" EXCLUDE
        PATTERN "keeper_desk.h" EXCLUDE
        PATTERN "rollout_world.h" EXCLUDE
        PATTERN "helpers" EXCLUDE
        PATTERN "testdata" EXCLUDE)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/scrimplb)
install(EXPORT scrimplb NAMESPACE scrimplb:: FILE scrimplb-targets.cmake
        DESTINATION ${package_dir})
configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/scrimplb-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/scrimplb-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change names.
write_basic_package_version_file(
    ${CMAKE_CURRENT_BINARY_DIR}/scrimplb-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/scrimplb-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/scrimplb-config-version.cmake
        DESTINATION ${package_dir})
