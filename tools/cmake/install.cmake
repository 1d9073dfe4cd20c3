# Where headers are found, before and after installing, and what is installed. An application writes
# <azure/iot/device/device.hpp> either way; the folders' own names are put on no include path.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(AZURE_IOT_DEVICE_FOLDERS pipeline transport iothub provisioning clients)
set(header_dir azure/iot/device)
set(build_headers ${PROJECT_BINARY_DIR}/include)

# In the build tree the folders are links, and the umbrella header is a line of its own, since it
# stands one level above the folder that it is kept in.
file(MAKE_DIRECTORY ${build_headers}/${header_dir})
foreach(folder ${AZURE_IOT_DEVICE_FOLDERS})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${build_headers}/${header_dir}/${folder} SYMBOLIC)
endforeach()
file(CONFIGURE OUTPUT ${build_headers}/${header_dir}/device.hpp
     CONTENT "#pragma once\n\n#include \"clients/device.hpp\"\n" @ONLY)

# System headers, so that the warnings which an application asks for concern its own code.
target_include_directories(azure_iot_device SYSTEM INTERFACE
  $<BUILD_INTERFACE:${build_headers}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

# A project that adds this one as a folder has its own idea of what it installs.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

install(TARGETS azure_iot_device EXPORT azure-iot-device
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
# Without what no installed header includes: the insides of the loop, of JSON and of the transport.
foreach(folder ${AZURE_IOT_DEVICE_FOLDERS})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${header_dir}
    FILES_MATCHING PATTERN "*.hpp"
    PATTERN "transport/tls" EXCLUDE
    PATTERN "transport/tunnel" EXCLUDE
    REGEX "(transport/name_lookup|mqtt/(arrivals|connection_attempt|keep_alive|mqtt_link))[.]hpp$" EXCLUDE
    REGEX "mqtt/(mosquitto_(client|errors|library)|operation_manager|private_listener)[.]hpp$" EXCLUDE
    REGEX "loop/(epoll_loop|fd_watches|loop_clock|process_wide|shared_instance)[.]hpp$" EXCLUDE
    REGEX "loop/(thread|thread_handler_pool|unique_fd|work_queue)[.]hpp$" EXCLUDE
    REGEX "(json/json_[a-z]+|auth/wipe)[.]hpp$" EXCLUDE)
endforeach()
install(FILES ${build_headers}/${header_dir}/device.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${header_dir})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/azure-iot-device)
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/azure-iot-device-config.cmake.in
  ${PROJECT_BINARY_DIR}/azure-iot-device-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/azure-iot-device-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT azure-iot-device
  FILE azure-iot-device-targets.cmake NAMESPACE azure:: DESTINATION ${package_dir})
install(FILES
  ${PROJECT_BINARY_DIR}/azure-iot-device-config.cmake
  ${PROJECT_BINARY_DIR}/azure-iot-device-config-version.cmake
  DESTINATION ${package_dir})

# A static library brings what it needs along; a shared one has it inside.
set(PC_TUNNEL "")
if(AZURE_IOT_DEVICE_TUNNEL)
  set(PC_TUNNEL " libcurl")
endif()
if(BUILD_SHARED_LIBS)
  set(PC_PRIVATE .private)
  set(PC_LIBS "")
else()
  set(PC_PRIVATE "")
  set(PC_LIBS "-lmbedcrypto -lmbedx509 -pthread")
  if(AZURE_IOT_DEVICE_TUNNEL)
    string(APPEND PC_LIBS " -lwslay")
  endif()
endif()
# The prefix as seen from the file itself, since it may be installed to another than was meant.
file(RELATIVE_PATH PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/azure-iot-device.pc.in
  ${PROJECT_BINARY_DIR}/azure-iot-device.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/azure-iot-device.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
