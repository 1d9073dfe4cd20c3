#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance::wire {

// The calls of a client's handlers, until a step asks for them. Any thread.
class EventQueues {
 public:
  void push(const std::string& handler, Json event);
  // Returns the oldest that has not been taken; nothing if none comes in time.
  std::optional<Json> pop(const std::string& handler, std::chrono::milliseconds timeout);
  // Returns those that have not been taken, by handler.
  std::map<std::string, std::deque<Json>> left() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::string, std::deque<Json>> events_;
};

}  // namespace azure::iot::device::conformance::wire
