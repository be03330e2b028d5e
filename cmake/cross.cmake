# Another processor, for which this machine has a compiler and an emulator but no libraries. Their headers are this
# machine's, which is enough to compile everything; only programs that need none of these libraries can be linked.
foreach(library CURL::libcurl OpenSSL::SSL PkgConfig::MICROHTTPD ZLIB::ZLIB nlohmann_json::nlohmann_json CLI11::CLI11
                pugixml yaml-cpp)
  add_library(${library} INTERFACE IMPORTED)
endforeach()
set(Protobuf_LIBRARY protobuf CACHE INTERNAL "only its compiler is used")
set(Protobuf_LITE_LIBRARY protobuf-lite CACHE INTERNAL "")

set(googletest /usr/src/googletest/googletest)
add_library(gtest_main STATIC EXCLUDE_FROM_ALL ${googletest}/src/gtest-all.cc ${googletest}/src/gtest_main.cc)
target_include_directories(gtest_main SYSTEM PUBLIC ${googletest}/include PRIVATE ${googletest})
add_library(GTest::gtest_main ALIAS gtest_main)
add_library(GTest::gtest ALIAS gtest_main)
