# azure_iot_soversion(VERSION OUT): sets OUT to the version in the name by which a program finds the
# shared library. A change of it says that programs have to be compiled again. While the major
# version is 0, each minor version may change public types; from 1 on only a major version may.
function(azure_iot_soversion version out)
  string(REGEX MATCH "^([0-9]+)[.]([0-9]+)" minor ${version})
  if(CMAKE_MATCH_1 EQUAL 0)
    set(${out} ${minor} PARENT_SCOPE)
  else()
    set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
  endif()
endfunction()
