// Follows the event log of a running simulator as it grows.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

class EventReader {
 public:
  enum class From { start, now };

  // Throws std::runtime_error when there is no such log.
  EventReader(const std::filesystem::path& log, From from);

  // Returns the next whole line. Waits for it until the deadline. Returns nothing after the
  // deadline, or if the log was removed because its simulator has ended. Without a deadline it does
  // not wait.
  std::optional<std::string> next(std::optional<std::chrono::steady_clock::time_point> deadline);

  bool ended() const { return ended_; }

 private:
  bool read_more();
  void wait_until(std::chrono::steady_clock::time_point deadline);

  Fd file_;
  Fd watch_;
  std::string buffer_;
  std::size_t start_ = 0;
  bool ended_ = false;
};

}  // namespace azure::iot::device::simulator
