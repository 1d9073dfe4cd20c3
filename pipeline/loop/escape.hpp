#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace azure::iot::device {

// Returns the text of the exception being handled, escaped and limited in length (text/quoted.hpp),
// or `if_unknown` if its type is unknown. Inside a catch block only.
std::string thrown_text(const char* if_unknown = "unknown exception");

// Logs an exception that escaped from `what`, which a loop or a pool ran and no caller can catch.
void report_escape(std::string_view what, const std::exception_ptr& exception) noexcept;

// Calls `function`, and reports an exception from it as escaped from `what`.
template <class F>
void contain(std::string_view what, F&& function) noexcept {
  try {
    function();
  } catch (...) {
    report_escape(what, std::current_exception());
  }
}

}  // namespace azure::iot::device
