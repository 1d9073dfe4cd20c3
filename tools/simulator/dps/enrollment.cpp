#include "dps/enrollment.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/certificate.hpp"
#include "common/crypto.hpp"
#include "common/files.hpp"
#include "common/ids.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr const char* kSavedName = "enrollments.json";

void take(std::string& to, const JsonValue& from, const char* name) {
  to = string_member(from, name, to);
}

void take(std::int64_t& to, const JsonValue& from, const char* name) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto value = integer_member(from, name, to);
  if (value < 0 || value > kMost) {
    throw std::invalid_argument(std::string(name) + " must be 0 to 1000000, not " +
                                std::to_string(value));
  }
  to = value;
}

void check_ids(const Enrollment& enrollment) {
  if (!enrollment.group && !is_registration_id(enrollment.name)) {
    throw std::invalid_argument("the registration id '" + enrollment.name + "' " +
                                std::string(kRegistrationIdRule));
  }
  if (!enrollment.device_id.empty() && !is_identity_id(enrollment.device_id)) {
    throw std::invalid_argument("the device id '" + enrollment.device_id + "' " +
                                std::string(kIdentityIdRule));
  }
}

// One of both.
void take_credential(Enrollment& to, const JsonValue& from) {
  std::string key = string_member(from, "key");
  std::string certificate = string_member(from, "certificate");
  if (!key.empty() && !certificate.empty()) {
    throw std::invalid_argument(to.name + " must have either a key or a certificate");
  }
  if (!key.empty() || !certificate.empty()) {
    to.key = std::move(key);
    to.certificate = std::move(certificate);
  }
  if (to.x509()) {
    if (thumbprint_of(to.certificate)) return;
    throw std::invalid_argument("the certificate of " + to.name + " is none as PEM text");
  }
  const auto bytes = base64_decode(to.key);
  if (bytes && !bytes->empty()) return;
  throw std::invalid_argument(to.key.empty() ? to.name + " needs a key or a certificate"
                                             : "the key of " + to.name + " is no base64");
}

}  // namespace

std::string Enrollment::key_for(std::string_view registration_id) const {
  if (!group) return key;
  return base64_encode(hmac_sha256(base64_decode(key).value_or(""), registration_id));
}

bool Enrollment::admits(const ClientCertificate& shown) const {
  if (!x509()) return false;
  return group ? is_signed_by(shown.der, certificate)
               : shown.thumbprint == thumbprint_of(certificate);
}

void change(Enrollment& enrollment, const JsonValue& from) {
  Enrollment changed = enrollment;
  take(changed.name, from, "name");
  if (from.HasMember("group")) changed.group = from["group"].IsTrue();
  take(changed.outcome, from, "outcome");
  take(changed.hub, from, "hub");
  take(changed.device_id, from, "device_id");
  take(changed.assigning, from, "assigning");
  take(changed.retry_after, from, "retry_after");
  take(changed.throttled, from, "throttled");
  take(changed.payload, from, "payload");
  if (changed.name.empty()) throw std::invalid_argument("an enrollment needs a name");
  check_ids(changed);
  take_credential(changed, from);
  if (changed.outcome != "assigned" && changed.outcome != "failed" &&
      changed.outcome != "disabled") {
    throw std::invalid_argument("outcome must be assigned, failed or disabled, not '" +
                                changed.outcome + "'");
  }
  if (changed.group && !changed.device_id.empty()) {
    throw std::invalid_argument("the devices of a group are named by their registration ids");
  }
  if (!changed.payload.empty() && !parse_json(changed.payload, kMaxBodyDepth)) {
    throw std::invalid_argument("payload is no JSON: " + changed.payload);
  }
  enrollment = changed;
}

JsonObject to_json(const Enrollment& enrollment) {
  JsonObject json;
  json.add("name", enrollment.name).add("group", enrollment.group).add("key", enrollment.key);
  json.add("certificate", enrollment.certificate);
  json.add("outcome", enrollment.outcome).add("hub", enrollment.hub);
  json.add("device_id", enrollment.device_id).add("assigning", enrollment.assigning);
  json.add("retry_after", enrollment.retry_after).add("throttled", enrollment.throttled);
  json.add("payload", enrollment.payload);
  return json;
}

std::vector<Enrollment> saved_enrollments(const std::filesystem::path& directory) {
  std::vector<Enrollment> saved;
  const auto text = read_file(directory / kSavedName);
  const auto list = text ? parse_json(*text) : std::nullopt;
  if (!list || !list->IsArray()) return saved;
  for (const auto& entry : list->GetArray()) change(saved.emplace_back(), entry);
  return saved;
}

void save_enrollments(const std::filesystem::path& directory,
                      const std::vector<Enrollment>& enrollments) {
  Json list(rapidjson::kArrayType);
  for (const Enrollment& enrollment : enrollments) {
    list.PushBack(JsonValue(to_json(enrollment).value(), list.GetAllocator()), list.GetAllocator());
  }
  replace_file(directory / kSavedName, to_text(list));
}

void renew_credentials(const std::filesystem::path& directory,
                       const std::vector<Enrollment>& given) {
  std::vector<Enrollment> saved = saved_enrollments(directory);
  if (saved.empty()) return;
  for (Enrollment& enrollment : saved) {
    const auto now = std::find_if(given.begin(), given.end(), [&](const Enrollment& each) {
      return each.name == enrollment.name;
    });
    if (now == given.end()) continue;
    enrollment.group = now->group;
    enrollment.key = now->key;
    enrollment.certificate = now->certificate;
  }
  save_enrollments(directory, saved);
}

}  // namespace azure::iot::device::simulator
