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

// What the handlers of a client were called with, until a step asks for it. Any thread.
class EventQueues {
 public:
  void push(const std::string& handler, Json event);
  // The oldest that nobody took; nothing if none comes in time.
  std::optional<Json> pop(const std::string& handler, std::chrono::milliseconds timeout);
  // What nobody took, handler by handler.
  std::map<std::string, std::deque<Json>> left() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::string, std::deque<Json>> events_;
};

}  // namespace azure::iot::device::conformance::wire
