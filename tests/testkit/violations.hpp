#pragma once

#include <functional>
#include <string>

namespace azure::iot::device::test {

// Whom a harness of the kit tells of what must not happen: an operation or a call that did not
// complete exactly once. Told when the harness ends, unless its `finish` was asked before. Set it
// once to what makes a test fail in the framework at hand; until then the program is ended, with
// the text on the standard error. Returns the handler before it.
//
//   on_violation([](const std::string& text) { ADD_FAILURE() << text; });
using ViolationHandler = std::function<void(const std::string&)>;
ViolationHandler on_violation(ViolationHandler handler);

void report_violation(const std::string& text);

}  // namespace azure::iot::device::test
