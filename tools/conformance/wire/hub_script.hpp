#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance::wire {

// What the service of a vector does other than its default. Lists are used up one item at a time,
// and then the default holds again. Any thread.
class HubScript {
 public:
  explicit HubScript(const Json& config);

  // Changes what is named, from now on.
  void set(const Json& config);
  // A value for all times, whatever it is; nothing where the default holds.
  std::optional<Json> value(std::string_view name);
  // The next item of a list, or the one value for all times; nothing where the default holds.
  std::optional<Json> next(std::string_view name);
  // Where the item is a word: that, else "ok".
  std::string next_word(std::string_view name);

 private:
  std::mutex mutex_;
  Json config_ = Json::object();
  std::map<std::string, std::size_t, std::less<>> used_;
};

}  // namespace azure::iot::device::conformance::wire
