#include "hub/config.hpp"

#include <stdexcept>

#include "common/json.hpp"

namespace azure::iot::device::simulator {

std::string to_json_text(const HubConfig& config) {
  Json document(rapidjson::kObjectType);
  auto& allocator = document.GetAllocator();
  const auto text = [&](const std::string& s) { return JsonValue(s, allocator); };

  JsonValue hosts(rapidjson::kArrayType);
  for (const auto& name : config.host_names) hosts.PushBack(text(name), allocator);
  document.AddMember("host_names", hosts, allocator);

  JsonValue devices(rapidjson::kArrayType);
  for (const auto& device : config.devices) {
    JsonValue entry(rapidjson::kObjectType);
    entry.AddMember("device_id", text(device.device_id), allocator);
    entry.AddMember("module_id", text(device.module_id), allocator);
    entry.AddMember("key", text(device.key), allocator);
    devices.PushBack(entry, allocator);
  }
  document.AddMember("devices", devices, allocator);

  JsonValue policies(rapidjson::kObjectType);
  for (const auto& [name, key] : config.policies) {
    policies.AddMember(text(name), text(key), allocator);
  }
  document.AddMember("policies", policies, allocator);
  document.AddMember("control_secret", text(config.control_secret), allocator);
  document.AddMember("directory", text(config.directory.string()), allocator);
  return to_text(document);
}

HubConfig parse_hub_config(std::string_view text) {
  const auto document = parse_json(text);
  if (!document || !document->IsObject() || !document->HasMember("host_names") ||
      !document->HasMember("devices") || !document->HasMember("policies")) {
    throw std::runtime_error("the hub's configuration file is damaged");
  }
  HubConfig config;
  for (const auto& name : (*document)["host_names"].GetArray()) {
    config.host_names.emplace_back(name.GetString());
  }
  for (const auto& entry : (*document)["devices"].GetArray()) {
    config.devices.push_back({string_member(entry, "device_id"), string_member(entry, "module_id"),
                              string_member(entry, "key")});
  }
  for (const auto& policy : (*document)["policies"].GetObject()) {
    config.policies[policy.name.GetString()] = policy.value.GetString();
  }
  config.control_secret = string_member(*document, "control_secret");
  config.directory = string_member(*document, "directory");
  return config;
}

}  // namespace azure::iot::device::simulator
