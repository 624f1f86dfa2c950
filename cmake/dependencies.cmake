# The libraries this project stands on, all from the system; nothing is downloaded.
find_package(CURL 7.68 REQUIRED)
find_package(fmt REQUIRED)
find_package(tinyxml2 CONFIG QUIET)
if(NOT TARGET tinyxml2::tinyxml2)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(tinyxml2 REQUIRED IMPORTED_TARGET tinyxml2)
    add_library(tinyxml2::tinyxml2 ALIAS PkgConfig::tinyxml2)
endif()
find_package(nlohmann_json 3.10 REQUIRED CONFIG)
find_package(cxxopts 3.1 REQUIRED CONFIG)  # the first that takes several long names of one option
if(BUILD_TESTING)
    find_package(Catch2 REQUIRED)  # 2 (Debian 12) or 3: tests/support/catch.hpp bridges them
endif()
