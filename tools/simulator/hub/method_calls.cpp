#include "hub/method_calls.hpp"

#include <algorithm>
#include <utility>

namespace azure::iot::device::simulator {

std::string MethodCalls::begin(MethodCall call) {
  std::string rid = std::to_string(next_++);
  calls_.emplace(rid, std::move(call));
  return rid;
}

std::optional<MethodCall> MethodCalls::finish(const std::string& rid, const std::string& identity) {
  const auto found = calls_.find(rid);
  if (found == calls_.end() || found->second.identity != identity) return std::nullopt;
  MethodCall call = std::move(found->second);
  calls_.erase(found);
  return call;
}

std::size_t MethodCalls::waiting_for(std::string_view identity) const {
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [&](const auto& c) { return c.second.identity == identity; }));
}

std::vector<MethodCall> MethodCalls::take_overdue(std::chrono::steady_clock::time_point now) {
  std::vector<MethodCall> overdue;
  for (auto call = calls_.begin(); call != calls_.end();) {
    if (call->second.deadline > now) {
      ++call;
      continue;
    }
    overdue.push_back(std::move(call->second));
    call = calls_.erase(call);
  }
  return overdue;
}

}  // namespace azure::iot::device::simulator
