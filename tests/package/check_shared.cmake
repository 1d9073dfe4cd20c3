# Installs the shared library to a folder that the loader does not know, builds the consumer by
# pkg-config, and runs it in the ways that README.md names.
set(prefix ${WORK_DIR}/prefix)
set(tree ${WORK_DIR}/tree)
file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${tree}/clients)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()

run(${CMAKE_COMMAND} -S ${PROJECT_DIR} -B ${tree} -DBUILD_SHARED_LIBS=ON
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_INSTALL_LIBDIR=lib
  -DAZURE_IOT_DEVICE_TUNNEL=${TUNNEL}
  -DAZURE_IOT_DEVICE_BUILD_TESTS=OFF -DAZURE_IOT_DEVICE_BUILD_TOOLS=OFF)
file(GLOB library ${LIBRARY_DIR}/*)
file(COPY ${library} DESTINATION ${tree}/clients)
# Without the test kit, which is a static library of its own.
run(${CMAKE_COMMAND} --install ${tree}/clients --prefix ${prefix})

# The name that programs note: another minor version must not be taken for this one.
include(${PROJECT_DIR}/tools/cmake/soversion.cmake)
azure_iot_soversion(${VERSION} soversion)
set(soname libazure_iot_device.so.${soversion})
foreach(file ${soname} libazure_iot_device.so libazure_iot_device.so.${VERSION})
  if(NOT EXISTS ${prefix}/lib/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()

set(ENV{PKG_CONFIG_PATH} ${prefix}/lib/pkgconfig)
execute_process(
  COMMAND pkg-config --cflags --libs azure-iot-device
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND pkg-config --variable=libdir azure-iot-device
  OUTPUT_VARIABLE libdir OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
set(compile ${CXX} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/consumer/main.cpp ${flags})
run(${compile} -o ${WORK_DIR}/plain)
run(${compile} -Wl,-rpath,${libdir} -o ${WORK_DIR}/with_rpath)

# The loader looks in its own folders only, and says so.
unset(ENV{LD_LIBRARY_PATH})
execute_process(COMMAND ldconfig -p OUTPUT_VARIABLE known ERROR_QUIET)
if(NOT known MATCHES "libazure_iot_device")
  execute_process(COMMAND ${WORK_DIR}/plain RESULT_VARIABLE status ERROR_VARIABLE said)
  string(FIND "${said}" "${soname}: cannot open shared object file" found)
  if(status EQUAL 0 OR found EQUAL -1)
    message(FATAL_ERROR "The loader was expected to miss ${soname}: ${status} ${said}")
  endif()
endif()
run(${WORK_DIR}/with_rpath)
run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libdir} ${WORK_DIR}/plain)
