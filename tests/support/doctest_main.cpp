#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "testkit/violations.hpp"

namespace azure::iot::device::test {
namespace {

// A problem that the harnesses of the test kit find fails the running test.
const bool told = [] {
  on_violation([](const std::string& text) { ADD_FAIL_CHECK_AT("testkit", 0, text); });
  return true;
}();

}  // namespace
}  // namespace azure::iot::device::test
