#include "models.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "message_fields.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::string_view kInterfaceId = "iothub_interface_id";

using StateField = std::optional<std::string> RegistrationState::*;
constexpr std::array<std::pair<std::string_view, StateField>, 6> kStateFields{{
    {"device_id", &RegistrationState::device_id},
    {"assigned_hub", &RegistrationState::assigned_hub},
    {"sub_status", &RegistrationState::sub_status},
    {"created_date_time", &RegistrationState::created_date_time},
    {"last_update_date_time", &RegistrationState::last_update_date_time},
    {"etag", &RegistrationState::etag},
}};

// Python writes a property that is no text as str() does. Here it is text from the start.
std::string python_text(const Json& value) {
  if (value.is_null()) return "None";
  if (const auto truth = value.get_if<bool>()) return *truth ? "True" : "False";
  return to_bytes(value);
}

}  // namespace

Message to_message(const Json& fields) {
  Message message;
  message.data = to_bytes(fields["data"]);
  for (const auto& [name, field] : kMessageFields) {
    if (const Json* value = fields.find(name)) message.*field = to_bytes(*value);
  }
  if (const Json* value = fields.find(kInterfaceId)) message.iothub_interface_id = to_bytes(*value);
  if (const Json* properties = fields.find("custom_properties")) {
    for (const JsonMember& property : properties->members()) {
      message.custom_properties[property.name] = python_text(property.value);
    }
  }
  return message;
}

Json describe_message(const Message& message) {
  Json json{{"data", to_value(message.data)}};
  for (const auto& [name, field] : kMessageFields) {
    if (const auto& value = message.*field) json.set(name, to_value(*value));
  }
  if (const auto& value = message.iothub_interface_id) json.set(kInterfaceId, to_value(*value));
  if (message.custom_properties.empty()) return json;
  Json properties = Json::object();
  for (const auto& [name, value] : message.custom_properties) {
    properties.set(name, value ? to_value(*value) : Json());
  }
  json.set("custom_properties", std::move(properties));
  return json;
}

RegistrationResult to_registration_result(const Json& fields) {
  RegistrationResult result{.operation_id = optional_text(fields, "operation_id"),
                            .status = optional_text(fields, "status").value_or(""),
                            .registration_state = {}};
  const Json* const from = fields.find("registration_state");
  if (!from || from->is_null()) return result;
  RegistrationState& state = result.registration_state.emplace();
  for (const auto& [name, field] : kStateFields) state.*field = optional_text(*from, name);
  if (const Json* payload = from->find("payload")) state.response_payload = *payload;
  return result;
}

Json describe_registration_result(const RegistrationResult& result) {
  Json state;
  if (result.registration_state) {
    for (const auto& [name, field] : kStateFields) {
      state.set(name, optional_value((*result.registration_state).*field));
    }
    state.set("payload", result.registration_state->response_payload);
  }
  return {{"operation_id", optional_value(result.operation_id)},
          {"status", result.status},
          {"registration_state", std::move(state)}};
}

}  // namespace azure::iot::device::conformance
