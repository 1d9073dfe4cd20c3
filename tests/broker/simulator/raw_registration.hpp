// A registering device that uses nothing but libmosquitto.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "raw_device.hpp"
#include "support/dps_process.hpp"

namespace azure::iot::device::test {

class RawRegistration {
 public:
  RawRegistration(const DpsProcess& dps, const std::string& id, const std::string& key,
                  const std::string& scope)
      : id_(id),
        device_(dps.process(), id,
                {.user_name = scope + "/registrations/" + id + "/api-version=2019-03-31",
                 .password =
                     make_sas_token(scope + "/registrations/" + id, key, std::chrono::hours(1))}) {}
  RawRegistration(const DpsProcess& dps, const std::string& id, const std::string& key)
      : RawRegistration(dps, id, key, dps.id_scope()) {}
  // With a certificate.
  RawRegistration(const DpsProcess& dps, const std::string& id, const CertificateFiles& files)
      : id_(id),
        device_(dps.process(), id,
                {.user_name = dps.id_scope() + "/registrations/" + id + "/api-version=2019-03-31",
                 .certificate = files.certificate,
                 .key = files.key}) {}

  RawDevice& device() { return device_; }

  // The topic and body of the answer, separated by a blank; empty if none came.
  std::string ask(const std::string& topic, const std::string& body = {}) {
    const std::size_t before = device_.messages().size();
    device_.publish(topic, body);
    if (!device_.wait_for_messages(before + 1)) return {};
    const auto& message = device_.messages().back();
    return message.topic + " " + message.payload;
  }
  std::string begin() {
    return ask("$dps/registrations/PUT/iotdps-register/?$rid=1",
               R"({"registrationId":")" + id_ + R"(","payload":{"a":1}})");
  }
  std::string query(const std::string& operation) {
    return ask("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=" +
               operation);
  }
  // Registers, and polls until the status is no longer "assigning".
  std::string finish() {
    std::string answer = begin();
    while (answer.find("\"assigning\"") != std::string::npos) answer = query(operation_in(answer));
    return answer;
  }
  bool start() { return device_.connect() == 0 && device_.subscribe("$dps/registrations/res/#"); }

  static std::string operation_in(const std::string& answer) {
    const std::string name = "\"operationId\":\"";
    const auto begins = answer.find(name) + name.size();
    return answer.substr(begins, answer.find('"', begins) - begins);
  }

 private:
  std::string id_;
  RawDevice device_;
};

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The CONNACK code of the hub to which the device was assigned.
inline std::optional<int> connect_to(const SimulatorProcess& hub, const std::string& id,
                                     const std::string& key) {
  RawDevice device(
      hub, id,
      {.password = make_sas_token(hub.host() + "/devices/" + id, key, std::chrono::hours(1))});
  return device.connect();
}

inline std::optional<int> connect_to(const SimulatorProcess& hub, const std::string& id,
                                     const CertificateFiles& files) {
  RawDevice device(hub, id, {.certificate = files.certificate, .key = files.key});
  return device.connect();
}

}  // namespace azure::iot::device::test
