// Requests of devices to the provisioning service, and their answers.
#include <utility>

#include "common/uri.hpp"
#include "dps/dps.hpp"
#include "hub/provisioned.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::string_view kRegister = "$dps/registrations/PUT/iotdps-register/?";
constexpr std::string_view kQuery = "$dps/registrations/GET/iotdps-get-operationstatus/?";

JsonObject error_body(int code, std::string_view text) {
  JsonObject body;
  body.add("errorCode", code).add("message", text).add("trackingId", "simulated");
  return body;
}

JsonObject assigning_body(const std::string& operation_id) {
  JsonObject body;
  body.add("operationId", operation_id).add("status", "assigning");
  return body;
}

}  // namespace

Outcome Dps::publish(const void* connection, const Publication& publication) {
  const auto found = devices_.find(connection);
  if (found == devices_.end()) return Outcome::cut;
  const Device& device = found->second;
  const bool is_register = publication.topic.starts_with(kRegister);
  if (!is_register && !publication.topic.starts_with(kQuery)) {
    JsonObject event = event_of("refused_topic", device.registration_id);
    events_.note(event.add("topic", publication.topic));
    return Outcome::cut;
  }
  const auto query = publication.topic.substr(is_register ? kRegister.size() : kQuery.size());
  const auto rid = query_value(query, "$rid");
  if (!rid || rid->empty()) return Outcome::cut;
  send(device, *rid,
       answer_to(device, is_register ? std::string_view() : query, publication.payload));
  return Outcome::acknowledged;
}

// An empty query begins a registration.
Dps::Answer Dps::answer_to(const Device& device, std::string_view query, std::string_view body) {
  Enrollment& enrollment = enrollments_.find(device.enrollment)->second;
  const bool busy = query.empty() && !registrations_.admit(std::chrono::steady_clock::now());
  if (busy || enrollment.throttled > 0) {
    if (!busy && --enrollment.throttled == 0) save(enrollments_);
    events_.note(event_of("throttled", device.registration_id));
    return {429, error_body(429001, "too many requests"), enrollment.retry_after};
  }
  return query.empty() ? begin(device, enrollment, body) : status_of(device, enrollment, query);
}

Dps::Answer Dps::begin(const Device& device, Enrollment& enrollment, std::string_view body) {
  const auto request = parse_json(body, kMaxBodyDepth);
  if (!request || !request->IsObject() ||
      string_member(*request, "registrationId") != device.registration_id) {
    return {400, error_body(400004, "the body does not name the registration id")};
  }
  JsonObject event = event_of("registering", device.registration_id);
  if (request->HasMember("payload")) event.add("payload", (*request)["payload"]);
  events_.note(event);
  Operation& operation = operations_[device.registration_id];
  operation = {"4.simulated." + std::to_string(++operations_begun_), enrollment.assigning};
  return {202, assigning_body(operation.id), enrollment.retry_after};
}

Dps::Answer Dps::status_of(const Device& device, const Enrollment& enrollment,
                           std::string_view query) {
  const auto id = query_value(query, "operationId");
  const auto found = operations_.find(device.registration_id);
  if (!id || found == operations_.end() || percent_decode(*id) != found->second.id) {
    return {404, error_body(404202, "there is no such operation")};
  }
  if (found->second.assigning_left > 0) {
    --found->second.assigning_left;
    return {202, assigning_body(found->second.id), enrollment.retry_after};
  }
  return finish(device, enrollment, found->second);
}

Dps::Answer Dps::finish(const Device& device, const Enrollment& enrollment,
                        const Operation& operation) {
  JsonObject state;
  state.add("registrationId", device.registration_id).add("status", enrollment.outcome);
  JsonObject event = event_of(enrollment.outcome, device.registration_id);
  if (enrollment.outcome == "failed") {
    state.add("errorCode", 400207).add("errorMessage", "the enrollment says so");
  } else if (enrollment.outcome == "assigned") {
    const LinkedHub& hub = *hub_for(enrollment);
    const std::string device_id =
        enrollment.device_id.empty() ? device.registration_id : enrollment.device_id;
    state.add("createdDateTimeUtc", "2026-01-01T00:00:00.0000000Z");
    state.add("assignedHub", hub.host).add("deviceId", device_id);
    state.add("substatus", give(device, enrollment, device_id, hub));
    state.add("lastUpdatedDateTimeUtc", "2026-01-01T00:00:00.0000000Z").add("etag", "IjEi");
    event.add("hub", hub.host).add("device_id", device_id);
    if (!enrollment.payload.empty()) {
      const auto payload = parse_json(enrollment.payload, kMaxBodyDepth);
      state.add("payload", static_cast<const JsonValue&>(*payload));
    }
  }
  events_.note(event);
  JsonObject body;
  body.add("operationId", operation.id).add("status", enrollment.outcome);
  body.add("registrationState", std::move(state));
  return {200, std::move(body)};
}

std::string Dps::give(const Device& device, const Enrollment& enrollment,
                      const std::string& device_id, const LinkedHub& hub) {
  const bool known = provisioned_credential(hub.directory, device_id).has_value();
  ProvisionedCredential credential;
  if (enrollment.x509()) {
    credential.thumbprint = device.thumbprint;
  } else {
    credential.key = enrollment.key_for(device.registration_id);
  }
  provision(hub.directory, device_id, credential);
  bool moved = false;
  for (const LinkedHub& other : config_.hubs) {
    if (&other != &hub) moved = deprovision(other.directory, device_id) || moved;
  }
  assignments_[device.registration_id] = hub.host;
  if (moved) return "deviceDataReset";
  return known ? "reprovisionedToInitialAssignment" : "initialAssignment";
}

void Dps::send(const Device& device, std::string_view rid, const Answer& answer) {
  if (!subscribed_.contains(device.registration_id)) return;
  std::string topic =
      "$dps/registrations/res/" + std::to_string(answer.status) + "/?$rid=" + std::string(rid);
  if (answer.status == 202 || answer.status == 429) {
    topic += "&retry-after=" + std::to_string(answer.retry_after);
  }
  broker_.send(device.registration_id, topic, answer.body.text(), 0);
}

}  // namespace azure::iot::device::simulator
