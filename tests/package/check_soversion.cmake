# The version in the name of the shared library, for versions of the project.
include(${PROJECT_DIR}/tools/cmake/soversion.cmake)
foreach(pair 0.1.0=0.1 0.1.9=0.1 0.2.0=0.2 0.10.3=0.10 1.0.0=1 1.4.2=1 2.0.1=2 10.3.0=10)
  string(REGEX MATCH "^(.*)=(.*)$" pair ${pair})
  azure_iot_soversion(${CMAKE_MATCH_1} soversion)
  if(NOT soversion STREQUAL CMAKE_MATCH_2)
    message(SEND_ERROR "${CMAKE_MATCH_1}: ${soversion} instead of ${CMAKE_MATCH_2}")
  endif()
endforeach()
