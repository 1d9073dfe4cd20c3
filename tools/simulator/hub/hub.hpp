// IoT Hub as seen by its devices and by its services. It knows neither MQTT packets nor sockets:
// the broker tells it what clients do, on one thread, and it answers through `Broker`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hub/authenticator.hpp"
#include "hub/broker.hpp"
#include "hub/c2d_queue.hpp"
#include "hub/config.hpp"
#include "hub/event_log.hpp"
#include "hub/identity_store.hpp"
#include "hub/method_calls.hpp"
#include "hub/topics.hpp"

namespace azure::iot::device::simulator {

struct ConnectRequest {
  const void* connection;  // Names the connection in later calls; never dereferenced.
  Credentials credentials;
  bool clean_session;
  int keep_alive;
};

struct Publication {
  std::string_view topic;
  std::string_view payload;
  int qos;
  bool retain;
};

class Hub {
 public:
  Hub(HubConfig config, Broker& broker);

  // False refuses the client.
  bool connect(const ConnectRequest& request);
  void disconnect(const void* connection);

  // False cuts the connection, a PUBLISH without its PUBACK. A device hears nothing else of an
  // error.
  bool publish(const void* connection, const Publication& publication);
  bool subscribe(const void* connection, std::string_view filter);
  bool unsubscribe(const void* connection, std::string_view filter);

  // To be called after each turn of the broker.
  void tick();

  // Carries out a command of the launcher and answers it, now or later (see hub_control.cpp).
  void control(std::string_view command);

 private:
  Identity* identity_of(const void* connection);

  void receive(Identity& identity, const TelemetryTopic& topic, const Publication& publication);
  void receive(Identity& identity, const TwinGetTopic& topic, const Publication& publication);
  void receive(Identity& identity, const ReportedPatchTopic& topic, const Publication& publication);
  void receive(Identity& identity, const MethodResponseTopic& topic,
               const Publication& publication);

  // Hands the broker what waits for this identity.
  void deliver_c2d(Identity& identity);
  void forget_delivered_c2d();

  // Control commands; each gives its result, or throws a ControlError.
  struct ControlError {
    int code;
    std::string text;
  };
  void run_command(std::int64_t id, const JsonValue& command);
  Identity& named_identity(const JsonValue& command);
  JsonObject list_devices();
  JsonObject send_c2d(const JsonValue& command);
  void invoke_method(std::int64_t id, const JsonValue& command);
  JsonObject read_or_patch_twin(const JsonValue& command);
  JsonObject drop(const JsonValue& command);
  void reply(std::int64_t id, JsonObject result);
  void reply(std::int64_t id, const ControlError& error);

  HubConfig config_;
  Broker& broker_;
  EventLog events_;
  IdentityStore identities_;
  C2dQueue c2d_;
  MethodCalls calls_;
  std::unordered_map<const void*, Identity*> connections_;

  // Messages handed over are saved with the sessions of the turn after the next tick.
  bool handed_over_ = false;
  bool save_requested_ = false;
};

}  // namespace azure::iot::device::simulator
