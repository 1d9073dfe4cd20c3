#include "provisioning/limits.hpp"

#include "pipeline/mqtt_limits.hpp"

namespace azure::iot::device {
namespace {

Error check_size(std::string_view what, std::size_t size) {
  if (size <= kProvisioningMessageSizeLimit) return {};
  return Error(Errc::bad_content, std::string(what) + " must not exceed " +
                                      std::to_string(kProvisioningMessageSizeLimit) +
                                      " bytes; got " + std::to_string(size));
}

}  // namespace

namespace provisioning_limits {

Error check_request(std::size_t body, std::size_t topic) {
  if (Error error = check_size("request: the body", body)) return error;
  return check_topic_size("request: the topic", topic);
}

Error check_payload(std::string_view argument, std::string_view registration_id,
                    const Json& payload) {
  return check_size(std::string(argument) + ": the registration that holds it",
                    make_registration_body(registration_id, payload).size());
}

}  // namespace provisioning_limits

std::string make_registration_body(std::string_view registration_id, const Json& payload) {
  return Json{{"registrationId", registration_id}, {"payload", payload}}.dump_sorted();
}

}  // namespace azure::iot::device
