// IoT Hub as its devices and its services see it. It knows neither MQTT packets nor sockets: the
// broker reports on one thread what clients do, and the hub answers through `Broker`.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hub/authenticator.hpp"
#include "hub/broker.hpp"
#include "hub/c2d_queue.hpp"
#include "hub/config.hpp"
#include "hub/control.hpp"
#include "hub/event_log.hpp"
#include "hub/faults.hpp"
#include "hub/identity_store.hpp"
#include "hub/method_calls.hpp"
#include "hub/service.hpp"
#include "hub/throttle.hpp"
#include "hub/topics.hpp"

namespace azure::iot::device::simulator {

inline constexpr std::chrono::seconds kDefaultMessageLife{3600};

class Hub final : public Service {
 public:
  Hub(HubConfig config, Broker& broker);

  Admission connect(const ConnectRequest& request) override;
  void disconnect(const void* connection) override;
  Outcome publish(const void* connection, const Publication& publication) override;
  bool subscribe(const void* connection, std::string_view filter) override;
  bool unsubscribe(const void* connection, std::string_view filter) override;
  void note_will(const void* connection, const Publication& will) override;
  void tick() override;
  void control(std::string_view command) override;  // See hub_control.cpp.

 private:
  using Time = std::chrono::steady_clock::time_point;

  // Links (hub.cpp).
  Identity* identity_of(const void* connection);
  void refuse(std::string_view client_id, int code, std::string_view reason);
  void sever(Identity& identity, EndOfLink why);  // Only from outside a callback of that client.
  void sever_overdue();
  void pause(Throttle::Duration delay);
  // Writes a change of the identity and its event to disk. If it throws, the disk is as before, and
  // the caller reverts the change.
  void keep(const Identity& identity, const JsonObject& event);
  void keep_subscriptions(Identity& identity, std::map<std::string, Feature> subscriptions,
                          const JsonObject& event);

  // Requests and messages from devices (hub_receive.cpp).
  Outcome receive(Identity& identity, const TelemetryTopic& topic, const Publication& publication);
  Outcome receive(Identity& identity, const TwinGetTopic& topic, const Publication& publication);
  Outcome receive(Identity& identity, const ReportedPatchTopic& topic,
                  const Publication& publication);
  Outcome receive(Identity& identity, const MethodResponseTopic& topic,
                  const Publication& publication);
  Outcome cut(Identity& identity, int code, std::string reason);
  void record_telemetry(const Identity& identity, const TelemetryTopic& topic,
                        const Publication& publication, std::string_view message_type);
  void route_output(const Identity& module, const TelemetryTopic& topic, std::string_view payload);
  // Returns the section's new version. Throws if the disk is full; the twin then stays as it was.
  std::int64_t patch_twin(Identity& identity, Twin::Section section, const JsonValue& patch,
                          std::string_view event_kind);
  void answer_twin_request(Identity& identity, std::string_view rid, int status, int code,
                           std::string_view reason);
  // True if the request was answered with an error, or is postponed.
  bool hold_up_twin_request(Identity& identity, std::string_view rid, Throttle& throttle,
                            const Publication& publication);
  void resume_held_up();

  // Messages to devices (hub_messages.cpp).
  const C2dMessage& queue_message(Identity& identity, std::string message_id, std::string topic,
                                  std::string payload, std::chrono::seconds life);
  bool can_receive(const Identity& identity) const;
  void deliver_messages(Identity& identity);  // Hands the waiting messages to the broker.
  void forget_delivered();

  // Faults (hub_faults.cpp).
  std::optional<Fault> strike(FaultKind kind, const Identity& identity);
  void strike_links();
  void add_requested_fault(const Identity& identity, const Properties& properties);

  // Control commands. Each returns its result, or throws a ControlError.
  void run_command(std::int64_t id, const JsonValue& command);
  Identity& named_identity(const JsonValue& command);
  JsonObject list_devices();
  JsonObject send_c2d(const JsonValue& command);
  JsonObject send_input(const JsonValue& command);
  JsonObject hand_over(Identity& identity);
  void invoke_method(std::int64_t id, const JsonValue& command);
  JsonObject read_or_patch_twin(const JsonValue& command);
  JsonObject drop(const JsonValue& command);
  JsonObject add_fault(const JsonValue& command);
  JsonObject list_faults();
  void reply(std::int64_t id, JsonObject result);
  void reply(std::int64_t id, const ControlError& error);

  HubConfig config_;
  Broker& broker_;
  EventLog events_;
  IdentityStore identities_;
  C2dQueue messages_;
  MethodCalls calls_;
  Faults faults_;
  std::unordered_map<const void*, Identity*> connections_;
  std::unordered_map<const void*, Identity*> departed_;  // Left in this turn; their wills follow.

  Throttle connects_;
  Throttle telemetry_;
  Throttle twin_reads_;
  Throttle twin_updates_;
  struct HeldUp {
    const void* connection;
    std::string topic;
    std::string payload;
  };
  std::multimap<Time, HeldUp> held_up_;
  bool resuming_ = false;

  // Messages handed over are saved with the sessions of the turn after the next tick.
  bool handed_over_ = false;
  bool save_requested_ = false;
};

}  // namespace azure::iot::device::simulator
