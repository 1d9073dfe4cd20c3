#pragma once

#include "pipeline/mqtt_transport.hpp"
#include "simulation/network.hpp"

namespace azure::iot::device::simulation {

// Makes transports that keep the contract of MqttTransport over the network, and gives the rest of
// the simulation a view of the present one.
class Device {
 public:
  Device(World& world, Network& network);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  MqttTransportFactory factory();

  // Called at each dial, and for each topic that is subscribed to.
  std::function<void()> on_dial;
  std::function<void(const std::string& topic)> on_subscribe;

  // Whether there is a transport with an established connection.
  bool up() const;
  // Whether no dial and no disconnect is under way.
  bool idle() const;
  // The link that it has or is making; 0 for none.
  LinkId link() const;
  // The time at which the last attempt failed, or the link was lost.
  SteadyTime last_failure() const { return last_failure_; }

 private:
  class Transport;

  World& world_;
  Network& network_;
  Transport* transport_ = nullptr;
  SteadyTime last_failure_ = SteadyTime::min();
  // A deferred call is void if its attempt or connection has ended.
  std::uint64_t attempt_ = 0;
};

}  // namespace azure::iot::device::simulation
