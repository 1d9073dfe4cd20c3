#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace azure::iot::device {

// The text of the exception that is being handled, escaped and not endless (text/quoted.hpp), or
// `if_unknown` if it has none. Inside a catch block only.
std::string thrown_text(const char* if_unknown = "unknown exception");

// Logs that an exception came out of `what`, something that a loop or a pool ran, where nobody is
// left to catch it.
void report_escape(std::string_view what, const std::exception_ptr& exception) noexcept;

// Calls `function`, and reports what it throws as having come out of `what`.
template <class F>
void contain(std::string_view what, F&& function) noexcept {
  try {
    function();
  } catch (...) {
    report_escape(what, std::current_exception());
  }
}

}  // namespace azure::iot::device
