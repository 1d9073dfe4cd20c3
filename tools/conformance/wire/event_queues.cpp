#include "tools/conformance/wire/event_queues.hpp"

#include <utility>

namespace azure::iot::device::conformance::wire {

void EventQueues::push(const std::string& handler, Json event) {
  const std::lock_guard lock(mutex_);
  events_[handler].push_back(std::move(event));
  came_.notify_all();
}

std::optional<Json> EventQueues::pop(const std::string& handler,
                                     std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  std::deque<Json>& events = events_[handler];
  if (!came_.wait_for(lock, timeout, [&] { return !events.empty(); })) return std::nullopt;
  Json event = std::move(events.front());
  events.pop_front();
  return event;
}

std::map<std::string, std::deque<Json>> EventQueues::left() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

}  // namespace azure::iot::device::conformance::wire
