#include "pipeline/loop/escape.hpp"

#include "pipeline/log.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

void log_escape(std::string_view what, const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    log(LogLevel::error, "EventLoop", "An exception came out of ", what, ": ", words_of(error));
  } catch (...) {
    log(LogLevel::error, "EventLoop", "An exception of unknown type came out of ", what);
  }
}

}  // namespace

std::string thrown_text(const char* if_unknown) {
  try {
    throw;
  } catch (const std::exception& error) {
    return words_of(error);
  } catch (...) {
    return if_unknown;
  }
}

void report_escape(std::string_view what, const std::exception_ptr& exception) noexcept {
  try {
    log_escape(what, exception);
  } catch (...) {
    // Building the log record may run out of memory too.
  }
}

}  // namespace azure::iot::device
