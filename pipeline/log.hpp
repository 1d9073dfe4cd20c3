#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace azure::iot::device {

// The severity of a log record, lowest first.
enum class LogLevel { debug, info, warning, error, silent };

std::string_view to_string(LogLevel level);

struct LogRecord {
  LogLevel level;
  std::string_view component;  // The stage or part that logs: "ConnectionRetryStage".
  std::string_view client_id;  // Empty if it concerns no client.
  // One line without secrets and payloads. Control characters are escaped.
  std::string_view text;
};

// Sets the sink that receives log records of at least `level`. The library logs nothing until then;
// an empty sink turns logging off. `sink` is called on any thread, on several at once, and also on
// a loop's thread, which it must not block. It must not call the library. An exception from it is
// dropped. Any thread.
//
//   set_log_sink(LogLevel::info, [](const LogRecord& record) {
//     std::clog << to_string(record.level) << ": " << record.text << '\n';
//   });
void set_log_sink(LogLevel level, std::function<void(const LogRecord&)> sink);

// Returns whether records of this level reach a sink. Costs one relaxed atomic read.
bool log_enabled(LogLevel level);

namespace detail {
void write_log(LogLevel level, std::string_view component, std::string_view client_id,
               std::string_view text);
}

// Logs what changed and why, once, where it is decided. The text is assembled only if the level is
// enabled.
template <class... Parts>
void log_for(std::string_view client_id, LogLevel level, std::string_view component,
             const Parts&... parts) noexcept {
  if (!log_enabled(level)) return;
  try {
    std::string text;
    (text.append(parts), ...);
    detail::write_log(level, component, client_id, text);
  } catch (...) {
    // A failure to log must not fail the operation.
  }
}
template <class... Parts>
void log(LogLevel level, std::string_view component, const Parts&... parts) noexcept {
  log_for({}, level, component, parts...);
}

}  // namespace azure::iot::device
