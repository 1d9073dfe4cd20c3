#pragma once

#include <functional>
#include <string>

namespace azure::iot::device::test {

// Receives the violations that a harness of the kit finds: an operation or a call that did not
// complete exactly once. A harness reports them when it is destroyed, unless its `finish` was
// called before. Set the handler once to a function that makes a test fail in your framework. Until
// it is set, a violation prints its text to standard error and terminates the program. Returns the
// previous handler.
//
//   on_violation([](const std::string& text) { ADD_FAILURE() << text; });
using ViolationHandler = std::function<void(const std::string&)>;
ViolationHandler on_violation(ViolationHandler handler);

void report_violation(const std::string& text);

}  // namespace azure::iot::device::test
