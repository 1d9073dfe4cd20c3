#pragma once

#include "pipeline/mqtt_transport.hpp"
#include "simulation/network.hpp"

namespace azure::iot::device::simulation {

// Makes transports that keep the contract of MqttTransport over the network, and lets the rest of
// the world look at the one there is.
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
  // Whether it has nothing to answer: no dial is under way, and no disconnect.
  bool idle() const;
  // The link it has, or makes; 0 if it has none.
  LinkId link() const;
  // When the last attempt failed, or the link was lost.
  SteadyTime last_failure() const { return last_failure_; }

 private:
  class Transport;

  World& world_;
  Network& network_;
  Transport* transport_ = nullptr;
  SteadyTime last_failure_ = SteadyTime::min();
  // A call that was put off for something that has ended since is void.
  std::uint64_t attempt_ = 0;
};

}  // namespace azure::iot::device::simulation
