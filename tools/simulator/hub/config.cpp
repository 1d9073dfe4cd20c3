#include "hub/config.hpp"

#include <stdexcept>

#include "common/json.hpp"
#include "common/uri.hpp"

namespace azure::iot::device::simulator {

Route parse_route(std::string_view text) {
  std::string_view target = text;
  std::string_view source = take_until(target, '=');
  const auto take = [](std::string_view& part) { return std::string(take_until(part, '/')); };
  Route route;
  route.from_module = take(source);
  const bool names_output = take(source) == "outputs";
  route.output = source;
  route.to_module = take(target);
  const bool names_input = take(target) == "inputs";
  route.input = target;
  const bool whole = names_output && names_input && !route.from_module.empty() &&
                     !route.output.empty() && !route.to_module.empty() && !route.input.empty() &&
                     route.output.find('/') == std::string::npos &&
                     route.input.find('/') == std::string::npos;
  if (!whole) {
    throw std::invalid_argument("--route " + std::string(text) +
                                ": it must read MODULE/outputs/OUTPUT=MODULE/inputs/INPUT");
  }
  return route;
}

std::string to_text(const Route& route) {
  return route.from_module + "/outputs/" + route.output + "=" + route.to_module + "/inputs/" +
         route.input;
}

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
    entry.AddMember("x509", device.x509, allocator);
    entry.AddMember("thumbprint", text(device.thumbprint), allocator);
    devices.PushBack(entry, allocator);
  }
  document.AddMember("devices", devices, allocator);

  JsonValue policies(rapidjson::kObjectType);
  for (const auto& [name, key] : config.policies) {
    policies.AddMember(text(name), text(key), allocator);
  }
  document.AddMember("policies", policies, allocator);
  JsonValue routes(rapidjson::kArrayType);
  for (const auto& route : config.routes) routes.PushBack(text(to_text(route)), allocator);
  document.AddMember("routes", routes, allocator);

  JsonValue limits(rapidjson::kObjectType);
  for (const auto& limit : limit_names()) {
    limits.AddMember(rapidjson::StringRef(limit.name), config.limits.*limit.value, allocator);
  }
  document.AddMember("limits", limits, allocator);
  document.AddMember("control_secret", text(config.control_secret), allocator);
  document.AddMember("directory", text(config.directory.string()), allocator);
  return to_text(document);
}

HubConfig parse_hub_config(std::string_view text) {
  const auto document = parse_json(text);
  if (!document || !document->IsObject() || !document->HasMember("host_names") ||
      !document->HasMember("devices") || !document->HasMember("policies") ||
      !document->HasMember("routes") || !document->HasMember("limits")) {
    throw std::runtime_error("the hub's configuration file is damaged");
  }
  HubConfig config;
  for (const auto& name : (*document)["host_names"].GetArray()) {
    config.host_names.emplace_back(name.GetString());
  }
  for (const auto& entry : (*document)["devices"].GetArray()) {
    config.devices.push_back({string_member(entry, "device_id"), string_member(entry, "module_id"),
                              string_member(entry, "key"), entry["x509"].GetBool(),
                              string_member(entry, "thumbprint")});
  }
  for (const auto& policy : (*document)["policies"].GetObject()) {
    config.policies[policy.name.GetString()] = policy.value.GetString();
  }
  for (const auto& route : (*document)["routes"].GetArray()) {
    config.routes.push_back(parse_route(route.GetString()));
  }
  for (const auto& limit : limit_names()) {
    config.limits.*limit.value =
        integer_member((*document)["limits"], limit.name, config.limits.*limit.value);
  }
  config.control_secret = string_member(*document, "control_secret");
  config.directory = string_member(*document, "directory");
  return config;
}

}  // namespace azure::iot::device::simulator
