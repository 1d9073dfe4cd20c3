// Connections to the provisioning service, and the commands of the launcher.
#include "dps/dps.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "common/ids.hpp"
#include "common/uri.hpp"
#include "hub/provisioned.hpp"
#include "hub/sas_token.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::string_view kResponses = "$dps/registrations/res/#";

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

Dps::Dps(DpsConfig config, Broker& broker)
    : config_(std::move(config)),
      broker_(broker),
      events_(config_.directory / kEventLogName),
      registrations_(config_.register_rate, std::chrono::seconds(0)) {
  for (const Enrollment& each : config_.enrollments) enrollments_[each.name] = each;
  // Changes since the first start outlive the broker.
  for (const Enrollment& each : saved_enrollments(config_.directory)) {
    enrollments_[each.name] = each;
  }
  events_.write(EventLog::event("started"));
}

JsonObject Dps::event_of(std::string_view kind, std::string_view registration_id) {
  JsonObject event = EventLog::event(kind);
  event.add("registration_id", is_utf8(registration_id) ? registration_id : std::string_view());
  return event;
}

// Expects `{id scope}/registrations/{registration id}/api-version=...` and either a token for the
// first three parts or a certificate.
std::string Dps::refusal_of(const Credentials& credentials, Device& device) const {
  std::string_view user = credentials.user_name;
  const std::string_view id = credentials.client_id;
  if (take_until(user, '/') != config_.id_scope) return "the user name is for another id scope";
  if (take_until(user, '/') != "registrations" || !user.starts_with(id) ||
      !user.substr(id.size()).starts_with("/api-version=")) {
    return "the user name is not {id scope}/registrations/{client id}/api-version=...";
  }
  if (!is_registration_id(id)) {
    return "the registration id " + std::string(kRegistrationIdRule);
  }
  device.registration_id = id;
  if (credentials.certificate && credentials.password.empty()) {
    return refusal_of(*credentials.certificate, device);
  }
  const auto token = parse_sas_token(credentials.password);
  if (!token) return "the password is no shared access signature, and no certificate came instead";
  return refusal_of(*token, device);
}

std::string Dps::refusal_of(const SasToken& token, Device& device) const {
  const std::string& id = device.registration_id;
  if (!covers(token, config_.id_scope, "registrations/" + id)) {
    return "the token is for another resource";
  }
  if (is_expired(token, wall_clock())) return "the token has expired";
  device.token_expiry = *expiry_of(token);
  const Enrollment* enrollment = find_enrollment(id, [&](const Enrollment& each) {
    return !each.x509() && is_signed_with(token, each.key_for(id));
  });
  if (enrollment == nullptr) return "there is no enrollment whose key signed the token";
  device.enrollment = enrollment->name;
  return "";
}

// The common name has to match, whichever way the enrollment checks the certificate.
std::string Dps::refusal_of(const ClientCertificate& certificate, Device& device) const {
  if (certificate.common_name != device.registration_id) {
    return "the certificate is that of '" + certificate.common_name + "'";
  }
  const Enrollment* enrollment = find_enrollment(
      device.registration_id, [&](const Enrollment& each) { return each.admits(certificate); });
  if (enrollment == nullptr) return "there is no enrollment for the certificate";
  device.enrollment = enrollment->name;
  device.thumbprint = certificate.thumbprint;
  return "";
}

// An enrollment of the device's own comes before any group.
const Enrollment* Dps::find_enrollment(const std::string& registration_id,
                                       const std::function<bool(const Enrollment&)>& fits) const {
  const auto own = enrollments_.find(registration_id);
  if (own != enrollments_.end() && !own->second.group) {
    return fits(own->second) ? &own->second : nullptr;
  }
  for (const auto& [name, enrollment] : enrollments_) {
    if (enrollment.group && fits(enrollment)) return &enrollment;
  }
  return nullptr;
}

Admission Dps::connect(const ConnectRequest& request) {
  Device device;
  const std::string refusal = refusal_of(request.credentials, device);
  JsonObject event =
      event_of(refusal.empty() ? "connected" : "refused", request.credentials.client_id);
  if (!refusal.empty()) event.add("code", 401002).add("reason", refusal);
  events_.note(event);
  if (!refusal.empty()) return Admission::refused;
  // A second connection of the same device ends the first.
  std::erase_if(devices_, [&](const auto& entry) {
    return entry.second.registration_id == device.registration_id;
  });
  if (request.clean_session) subscribed_.erase(device.registration_id);
  devices_[request.connection] = std::move(device);
  return Admission::accepted;
}

void Dps::disconnect(const void* connection) {
  const auto found = devices_.find(connection);
  if (found == devices_.end()) return;
  events_.note(event_of("disconnected", found->second.registration_id));
  devices_.erase(found);
}

bool Dps::subscribe(const void* connection, std::string_view filter) {
  const auto found = devices_.find(connection);
  if (found == devices_.end()) return false;
  if (filter != kResponses) {
    JsonObject event = event_of("refused_topic", found->second.registration_id);
    events_.note(event.add("topic", filter));
    return false;
  }
  subscribed_.insert(found->second.registration_id);
  return true;
}

bool Dps::unsubscribe(const void* connection, std::string_view filter) {
  const auto found = devices_.find(connection);
  if (found == devices_.end()) return false;
  if (filter == kResponses) subscribed_.erase(found->second.registration_id);
  return true;
}

void Dps::tick() {
  if (const auto failure = events_.take_failure()) {
    broker_.notify(*failure + ": the event log misses events");
  }
  std::vector<std::string> overdue;
  for (const auto& [connection, device] : devices_) {
    if (device.token_expiry <= wall_clock()) overdue.push_back(device.registration_id);
  }
  for (const auto& id : overdue) broker_.cut(id);
}

void Dps::control(std::string_view text) {
  const auto command = parse_json(text);
  if (!command || !command->IsObject()) return;  // There is no id to answer to.
  const auto id = integer_member(*command, "id", 0);
  const std::string name = string_member(*command, "command");
  try {
    if (name == "enroll") return reply(broker_, id, enroll(*command));
    if (name == "registrations") return reply(broker_, id, list_registrations());
    if (name == "drop") return reply(broker_, id, drop(string_member(*command, "device_id")));
    if (name == "faults" || name == "clear-faults") return reply(broker_, id, list_faults());
  } catch (const std::invalid_argument& error) {
    return reply(broker_, id, ControlError{400000, error.what()});
  } catch (const std::system_error& error) {
    return reply(broker_, id,
                 ControlError{500001, std::string(error.what()) + ": nothing was changed"});
  }
  reply(broker_, id,
        ControlError{400000, "this is a provisioning service, which has no command '" + name +
                                 "'; --control with the socket of a hub asks that"});
}

JsonObject Dps::drop(const std::string& registration_id) {
  const bool was_connected = std::any_of(devices_.begin(), devices_.end(), [&](const auto& entry) {
    return entry.second.registration_id == registration_id;
  });
  if (was_connected) broker_.cut(registration_id);
  JsonObject result;
  result.add("dropped", was_connected);
  return result;
}

// A provisioning service has none of a hub's faults. The launcher ends its own fault itself.
JsonObject Dps::list_faults() {
  JsonObject result;
  result.add("faults", Json(rapidjson::kArrayType));
  return result;
}

JsonObject Dps::enroll(const JsonValue& command) {
  const std::string name = string_member(command, "name");
  Enrollment enrollment;
  if (const auto found = enrollments_.find(name); found != enrollments_.end()) {
    enrollment = found->second;
  }
  change(enrollment, command);
  if (!hub_for(enrollment)) {
    std::string hosts;
    for (const LinkedHub& hub : config_.hubs) hosts += (hosts.empty() ? "" : ", ") + hub.host;
    throw std::invalid_argument("the hub must be one of " + hosts + ", not '" + enrollment.hub +
                                "'");
  }
  auto changed = enrollments_;
  changed[name] = enrollment;
  save(changed);
  enrollments_ = std::move(changed);
  JsonObject result;
  result.add("enrollment", to_json(enrollment));
  return result;
}

JsonObject Dps::list_registrations() const {
  Json list(rapidjson::kArrayType);
  for (const auto& [registration_id, host] : assignments_) {
    JsonObject entry;
    entry.add("registration_id", registration_id).add("hub", host);
    list.PushBack(JsonValue(entry.value(), list.GetAllocator()), list.GetAllocator());
  }
  JsonObject result;
  result.add("registrations", list);
  return result;
}

void Dps::save(const Enrollments& enrollments) const {
  std::vector<Enrollment> list;
  for (const auto& [name, enrollment] : enrollments) list.push_back(enrollment);
  save_enrollments(config_.directory, list);
}

const LinkedHub* Dps::hub_for(const Enrollment& enrollment) const {
  const auto found = std::find_if(config_.hubs.begin(), config_.hubs.end(), [&](const auto& hub) {
    return enrollment.hub.empty() || hub.host == enrollment.hub;
  });
  return found == config_.hubs.end() ? nullptr : &*found;
}

}  // namespace azure::iot::device::simulator
