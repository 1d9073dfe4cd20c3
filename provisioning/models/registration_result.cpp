#include "provisioning/models/registration_result.hpp"

#include <array>
#include <utility>

#include "provisioning/unreadable_answer.hpp"

namespace azure::iot::device {
namespace {

using Field = std::optional<std::string> RegistrationState::*;
constexpr std::array<std::pair<std::string_view, Field>, 6> kFields{{
    {"deviceId", &RegistrationState::device_id},
    {"assignedHub", &RegistrationState::assigned_hub},
    {"substatus", &RegistrationState::sub_status},
    {"createdDateTimeUtc", &RegistrationState::created_date_time},
    {"lastUpdatedDateTimeUtc", &RegistrationState::last_update_date_time},
    {"etag", &RegistrationState::etag},
}};

Error is_no(std::string_view kind, std::string_view name, const Json& value) {
  std::string why = "its ";
  why.append(name).append(" is no ").append(kind);
  return unreadable_part(why, value);
}

// Sets `to` to the text of that name; leaves it empty if there is none.
Error read_text(const Json& from, std::string_view name, std::optional<std::string>& to) {
  const Json* const value = from.find(name);
  if (!value || value->is_null()) return {};
  const std::string* const text = value->get_if<std::string>();
  if (!text) return is_no("text", name, *value);
  to = *text;
  return {};
}

Result<RegistrationState> read_registration_state(const Json& from) {
  if (!from.is_object()) return is_no("object", "registrationState", from);
  RegistrationState state;
  for (const auto& [name, field] : kFields) {
    if (Error error = read_text(from, name, state.*field)) return error;
  }
  if (const Json* payload = from.find("payload")) state.response_payload = *payload;
  return state;
}

}  // namespace

Result<RegistrationResult> read_registration_result(const Json& body) {
  RegistrationResult result;
  std::optional<std::string> status;
  if (Error error = read_text(body, "status", status)) return error;
  result.status = status.value_or(std::string());
  if (Error error = read_text(body, "operationId", result.operation_id)) return error;
  const Json* const from = body.find("registrationState");
  if (!from || from->is_null()) return result;
  auto state = read_registration_state(*from);
  if (!state) return state.error();
  result.registration_state = *std::move(state);
  return result;
}

}  // namespace azure::iot::device
