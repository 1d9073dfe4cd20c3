# Builds the consumer in the way WAY and runs it.
set(prefix ${WORK_DIR}/prefix)
set(build ${WORK_DIR}/build)
file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${build})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()

if(NOT WAY STREQUAL add_subdirectory)
  run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})
endif()
if(WAY STREQUAL pkg_config)
  file(GLOB_RECURSE pc ${prefix}/*/azure-iot-device.pc)
  cmake_path(GET pc PARENT_PATH pc_dir)
  # As an application with a Makefile does; the prefix is where it was installed, not where it was
  # meant to be.
  set(ENV{PKG_CONFIG_PATH} ${pc_dir})
  execute_process(
    COMMAND pkg-config --cflags --libs azure-iot-device
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  # An older standard is refused in one line.
  file(WRITE ${build}/older.cpp "#include <azure/iot/device/device.hpp>\n")
  execute_process(
    COMMAND ${CXX} -std=c++17 -fsyntax-only ${build}/older.cpp ${flags}
    RESULT_VARIABLE status ERROR_VARIABLE said)
  string(REGEX MATCHALL "error:[^\n]*" errors "${said}")
  list(LENGTH errors count)
  if(status EQUAL 0 OR NOT count EQUAL 1 OR NOT errors MATCHES "needs C[+][+]20")
    message(FATAL_ERROR "C++17 is not refused in one line: ${said}")
  endif()
  set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  run(${CXX} -std=c++20 ${warnings} ${CMAKE_CURRENT_LIST_DIR}/consumer/main.cpp -o ${build}/consumer ${flags})
else()
  run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${build}
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
    -DCMAKE_PREFIX_PATH=${prefix} -DWAY=${WAY} -DPROJECT_DIR=${PROJECT_DIR} --no-warn-unused-cli)
  run(${CMAKE_COMMAND} --build ${build} --parallel 2)
endif()
run(${build}/consumer)
if(NOT WAY STREQUAL pkg_config)
  run(${build}/application_test)
endif()
