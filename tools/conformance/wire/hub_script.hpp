#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/json/json.hpp"

namespace azure::iot::device::conformance::wire {

// The behaviour of a vector's service where it differs from the default. Lists are used up one item
// at a time; then the default holds again. Any thread.
class HubScript {
 public:
  explicit HubScript(const Json& config);

  // Changes the named entries, from now on.
  void set(const Json& config);
  // Returns an entry that holds at all times; nothing if the default holds.
  std::optional<Json> value(std::string_view name);
  // Returns the next item of a list, or the one value for all times; nothing if the default holds.
  std::optional<Json> next(std::string_view name);
  // Returns the item if it is a word, else "ok".
  std::string next_word(std::string_view name);

 private:
  std::mutex mutex_;
  Json config_ = Json::object();
  std::map<std::string, std::size_t, std::less<>> used_;
};

}  // namespace azure::iot::device::conformance::wire
