#include "violations.hpp"

#include <cstdlib>
#include <iostream>
#include <utility>

namespace azure::iot::device::test {
namespace {

ViolationHandler& handler() {
  static ViolationHandler set = [](const std::string& text) {
    std::cerr << text << std::endl;
    std::abort();
  };
  return set;
}

}  // namespace

ViolationHandler on_violation(ViolationHandler set) {
  return std::exchange(handler(), std::move(set));
}

void report_violation(const std::string& text) { handler()(text); }

}  // namespace azure::iot::device::test
