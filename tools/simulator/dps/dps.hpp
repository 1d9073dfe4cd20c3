// The Device Provisioning Service as devices see it: decides which devices may connect, and to
// which hub each is assigned. It knows the hubs by their folders alone (hub/provisioned.hpp).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dps/config.hpp"
#include "hub/broker.hpp"
#include "hub/control.hpp"
#include "hub/event_log.hpp"
#include "hub/sas_token.hpp"
#include "hub/service.hpp"
#include "hub/throttle.hpp"

namespace azure::iot::device::simulator {

class Dps final : public Service {
 public:
  Dps(DpsConfig config, Broker& broker);

  Admission connect(const ConnectRequest& request) override;
  void disconnect(const void* connection) override;
  Outcome publish(const void* connection, const Publication& publication) override;
  bool subscribe(const void* connection, std::string_view filter) override;
  bool unsubscribe(const void* connection, std::string_view filter) override;
  void note_will(const void*, const Publication&) override {}
  void tick() override;
  void control(std::string_view command) override;

 private:
  using Enrollments = std::map<std::string, Enrollment, std::less<>>;

  struct Device {
    std::string registration_id;
    std::string enrollment;
    std::string thumbprint;  // That of its certificate; empty with a key.
    std::chrono::sys_seconds token_expiry = std::chrono::sys_seconds::max();
  };
  // A registration under way.
  struct Operation {
    std::string id;
    std::int64_t assigning_left;
  };
  struct Answer {
    int status;
    JsonObject body;
    std::int64_t retry_after = 0;
  };

  static JsonObject event_of(std::string_view kind, std::string_view registration_id);

  // Returns the reason to refuse the credentials; empty if they are good.
  std::string refusal_of(const Credentials& credentials, Device& device) const;
  std::string refusal_of(const SasToken& token, Device& device) const;
  std::string refusal_of(const ClientCertificate& certificate, Device& device) const;
  // Null if there is none.
  const Enrollment* find_enrollment(const std::string& registration_id,
                                    const std::function<bool(const Enrollment&)>& fits) const;
  Answer answer_to(const Device& device, std::string_view query, std::string_view body);
  Answer begin(const Device& device, Enrollment& enrollment, std::string_view body);
  Answer status_of(const Device& device, const Enrollment& enrollment, std::string_view query);
  Answer finish(const Device& device, const Enrollment& enrollment, const Operation& operation);
  void send(const Device& device, std::string_view rid, const Answer& answer);

  const LinkedHub* hub_for(const Enrollment& enrollment) const;
  // Assigns the device to that hub and to no other. Returns the service's word for the change.
  std::string give(const Device& device, const Enrollment& enrollment, const std::string& device_id,
                   const LinkedHub& hub);

  JsonObject enroll(const JsonValue& command);
  JsonObject drop(const std::string& registration_id);
  static JsonObject list_faults();
  JsonObject list_registrations() const;
  void save(const Enrollments& enrollments) const;

  DpsConfig config_;
  Broker& broker_;
  EventLog events_;
  Enrollments enrollments_;
  std::unordered_map<const void*, Device> devices_;
  std::set<std::string, std::less<>> subscribed_;  // Registration ids; the broker keeps sessions.
  std::map<std::string, Operation> operations_;    // By registration id: the latest.
  std::map<std::string, std::string> assignments_;
  std::int64_t operations_begun_ = 0;
  Throttle registrations_;
};

}  // namespace azure::iot::device::simulator
