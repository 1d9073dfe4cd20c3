#pragma once

#include <string>
#include <vector>

#include "pipeline/log.hpp"

namespace azure::iot::device::test {

// Listens to the log from a level on, for as long as it lives: "level|component|client id|text".
// For tests with one thread.
class LogListener {
 public:
  explicit LogListener(LogLevel level) {
    set_log_sink(level, [this](const LogRecord& record) {
      records.push_back(std::string(to_string(record.level)) + '|' + std::string(record.component) +
                        '|' + std::string(record.client_id) + '|' + std::string(record.text));
    });
  }
  LogListener(const LogListener&) = delete;
  LogListener& operator=(const LogListener&) = delete;
  ~LogListener() { set_log_sink(LogLevel::silent, nullptr); }

  std::vector<std::string> records;
};

}  // namespace azure::iot::device::test
