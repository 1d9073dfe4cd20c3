#pragma once

#include <map>
#include <set>
#include <string>

#include "pipeline/json/json.hpp"
#include "pipeline/mqtt_transport.hpp"

namespace azure::iot::device::conformance {

class World;

// The far end of the bottom stage. Records each call on the transport, and acknowledges when the
// trace says so. Publishes, subscribes and unsubscribes are numbered from 1, in the order of their
// calls.
class ScriptedTransport {
 public:
  explicit ScriptedTransport(World& world) : world_(world) {}

  // Outlives the transports that the factory makes.
  MqttTransportFactory factory();
  // The transport calls back; see the README of the traces for `callback`.
  void call_back(const Json& callback);

 private:
  class Link;

  // Records the call and reacts as the script says. Returns the error that the call is to return.
  Error call(std::string_view name, Json fields = Json::object());
  Error send(std::string_view name, OpKey key, const std::string& topic, Json fields);
  struct Sent {
    OpKey key;
    std::string topic;
  };
  void cancel_all();
  void end(const std::string& name, bool again, Error error);
  void answer(const Sent& sent, Error error);

  World& world_;
  MqttTransportListener* listener_ = nullptr;
  int last_mid_ = 0;
  std::map<int, Sent> sent_;
  std::set<int> pending_;  // Operations that wait for an acknowledgement.
};

}  // namespace azure::iot::device::conformance
