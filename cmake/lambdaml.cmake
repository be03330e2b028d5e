# One static library, and with LAMBDAML_TESTS one test program, for each module of LAMBDAML_MODULES. Files are found by
# name, so a new leaf folder needs no line here.

add_library(lambdaml_flags INTERFACE)
target_include_directories(lambdaml_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(lambdaml_flags INTERFACE LAMBDAML_VERSION="${PROJECT_VERSION}")
target_compile_options(lambdaml_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
# Only the kernels may fuse a product and a sum: elsewhere equal input gives equal bits on every machine of a job.
target_compile_options(lambdaml_flags INTERFACE -ffp-contract=off)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(lambdaml_flags INTERFACE -fsigned-char)  # as on x86-64: every machine reads the same bytes alike
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlapping copies in the assignments of std::string where there are none (its bug 105651).
  target_compile_options(lambdaml_flags INTERFACE -Wno-restrict)
endif()
if(LAMBDAML_SANITIZE)
  # A finding ends the test. The check of vptr needs a free descriptor, and one test takes them all away.
  target_compile_options(lambdaml_flags INTERFACE -fsanitize=${LAMBDAML_SANITIZE} -fno-sanitize=vptr
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lambdaml_flags INTERFACE -fsanitize=${LAMBDAML_SANITIZE})
endif()

if(LAMBDAML_TESTS)
  enable_testing()
  if(NOT TARGET GTest::gtest_main)
    find_package(GTest REQUIRED)
  endif()
  include(GoogleTest)
endif()

function(lambdaml_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE lambdaml_flags GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()

# Kernels are always optimised, and kernels_v3.cpp and kernels_v4.cpp compiled for newer x86-64 processors, by name.
function(lambdaml_kernels)
  foreach(file IN LISTS ARGN)
    set(options -O3 -fno-tree-vectorize -fno-tree-slp-vectorize -ffp-contract=fast)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      if(file MATCHES "_v3\\.cpp$")
        list(APPEND options -mavx2 -mfma)
      elseif(file MATCHES "_v4\\.cpp$")
        list(APPEND options -mavx512f -mavx512dq -mavx512vl -mprefer-vector-width=512)
      endif()
    endif()
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${options}")
  endforeach()
endfunction()

foreach(entry IN LISTS LAMBDAML_MODULES)
  string(REGEX MATCH "^([a-z]+):(.*)$" _ "${entry}")
  set(module ${CMAKE_MATCH_1})
  string(REGEX MATCHALL "[a-z]+" imports "${CMAKE_MATCH_2}")
  list(TRANSFORM imports PREPEND lambdaml_)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${module}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/testing/")  # programs that tests start
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests EXCLUDE REGEX "_server_test\\.cpp$")  # programs of their own, below
  set(kernels ${sources})
  list(FILTER kernels INCLUDE REGEX "/kernels_[a-z0-9]+\\.cpp$")
  lambdaml_kernels(${kernels})
  add_library(lambdaml_${module} STATIC ${sources})
  target_link_libraries(lambdaml_${module} PUBLIC lambdaml_flags ${imports})
  if(LAMBDAML_TESTS AND tests)
    lambdaml_test(${module}_test ${tests})
    target_link_libraries(${module}_test PRIVATE lambdaml_${module})
  endif()
endforeach()

# What a module takes from outside the project.
function(lambdaml_uses module)
  target_link_libraries(lambdaml_${module} PUBLIC ${ARGN})
endfunction()

# A program from one source file and modules.
function(lambdaml_program name source)
  add_executable(${name} ${source})
  list(TRANSFORM ARGN PREPEND lambdaml_ OUTPUT_VARIABLE modules)
  target_link_libraries(${name} PRIVATE ${modules})
endfunction()
