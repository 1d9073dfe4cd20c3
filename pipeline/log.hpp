#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace azure::iot::device {

// How much a log record matters, least first.
enum class LogLevel { debug, info, warning, error, silent };

std::string_view to_string(LogLevel level);

struct LogRecord {
  LogLevel level;
  std::string_view component;  // The stage or part that speaks: "ConnectionRetryStage".
  std::string_view client_id;  // Empty where it concerns no client.
  // One line without secrets and payloads. Control characters appear as escapes.
  std::string_view text;
};

// Receives what the library has to say from `level` on; silent until it is called. `sink` is called
// on any thread, also on a loop's, which it must not hold up, on several at once, and must not call
// the library. What it throws is dropped. An empty sink silences it again. Any thread.
//
//   set_log_sink(LogLevel::info, [](const LogRecord& record) {
//     std::clog << to_string(record.level) << ": " << record.text << '\n';
//   });
void set_log_sink(LogLevel level, std::function<void(const LogRecord&)> sink);

// Whether somebody listens at this level: one relaxed atomic read.
bool log_enabled(LogLevel level);

namespace detail {
void write_log(LogLevel level, std::string_view component, std::string_view client_id,
               std::string_view text);
}

// Says what changed and why, once, where it is decided. The text is put together only if somebody
// listens.
template <class... Parts>
void log_for(std::string_view client_id, LogLevel level, std::string_view component,
             const Parts&... parts) noexcept {
  if (!log_enabled(level)) return;
  try {
    std::string text;
    (text.append(parts), ...);
    detail::write_log(level, component, client_id, text);
  } catch (...) {
    // A record is not worth the operation that it speaks of.
  }
}
template <class... Parts>
void log(LogLevel level, std::string_view component, const Parts&... parts) noexcept {
  log_for({}, level, component, parts...);
}

}  // namespace azure::iot::device
