#include "tools/conformance/wire/hub_script.hpp"

namespace azure::iot::device::conformance::wire {

HubScript::HubScript(const Json& config) {
  if (config.is_object()) set(config);
}

void HubScript::set(const Json& config) {
  const std::lock_guard lock(mutex_);
  for (const JsonMember& each : config.members()) {
    config_.set(each.name, each.value);
    used_.erase(each.name);
  }
}

std::optional<Json> HubScript::value(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const Json* found = config_.find(name);
  return found ? std::optional<Json>(*found) : std::nullopt;
}

std::optional<Json> HubScript::next(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const Json* value = config_.find(name);
  if (!value || value->is_null()) return std::nullopt;
  if (!value->is_array()) return *value;
  std::size_t& used = used_[std::string(name)];
  if (used == value->size()) return std::nullopt;
  return value->at(used++);
}

std::string HubScript::next_word(std::string_view name) {
  const auto item = next(name);
  return item && item->is_string() ? item->as_string() : "ok";
}

}  // namespace azure::iot::device::conformance::wire
