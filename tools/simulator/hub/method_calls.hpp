// Direct method requests on their way to a device, until the answer or the deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azure::iot::device::simulator {

struct MethodCall {
  std::int64_t request;  // Of the control command to answer.
  std::string identity;
  std::string method;
  std::chrono::steady_clock::time_point deadline;
};

class MethodCalls {
 public:
  // Returns the `$rid` to send. Ids of an earlier run of the broker are not used again.
  std::string begin(MethodCall call);

  // Returns nothing for an id that is unknown, another device's, or whose deadline has passed.
  std::optional<MethodCall> finish(const std::string& rid, const std::string& identity);

  std::size_t waiting_for(std::string_view identity) const;

  std::vector<MethodCall> take_overdue(std::chrono::steady_clock::time_point now);

 private:
  std::map<std::string, MethodCall> calls_;
  std::uint64_t next_ = static_cast<std::uint64_t>(
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1));
};

}  // namespace azure::iot::device::simulator
