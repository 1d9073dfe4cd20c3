#include "dps/config.hpp"

#include <optional>
#include <stdexcept>

#include "common/json.hpp"

namespace azure::iot::device::simulator {

std::string to_json_text(const DpsConfig& config) {
  Json hubs(rapidjson::kArrayType);
  for (const LinkedHub& hub : config.hubs) {
    JsonObject entry;
    entry.add("host", hub.host).add("directory", hub.directory.string());
    hubs.PushBack(JsonValue(entry.value(), hubs.GetAllocator()), hubs.GetAllocator());
  }
  Json enrollments(rapidjson::kArrayType);
  for (const Enrollment& enrollment : config.enrollments) {
    enrollments.PushBack(JsonValue(to_json(enrollment).value(), enrollments.GetAllocator()),
                         enrollments.GetAllocator());
  }
  JsonObject document;
  document.add("id_scope", config.id_scope).add("hubs", hubs).add("enrollments", enrollments);
  document.add("register_rate", config.register_rate);
  document.add("control_secret", config.control_secret);
  document.add("directory", config.directory.string());
  return document.text();
}

std::optional<DpsConfig> parse_dps_config(std::string_view text) {
  const auto document = parse_json(text);
  if (!document || !document->IsObject() || !document->HasMember("id_scope")) return std::nullopt;
  if (!document->HasMember("hubs") || !document->HasMember("enrollments")) {
    throw std::runtime_error("the configuration file of the provisioning service is damaged");
  }
  DpsConfig config;
  config.id_scope = string_member(*document, "id_scope");
  for (const auto& hub : (*document)["hubs"].GetArray()) {
    config.hubs.push_back({string_member(hub, "host"), string_member(hub, "directory")});
  }
  for (const auto& entry : (*document)["enrollments"].GetArray()) {
    change(config.enrollments.emplace_back(), entry);
  }
  config.register_rate = integer_member(*document, "register_rate", 0);
  config.control_secret = string_member(*document, "control_secret");
  config.directory = string_member(*document, "directory");
  return config;
}

}  // namespace azure::iot::device::simulator
