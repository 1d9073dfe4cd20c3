// The functions of the broker that the hub needs.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

class Broker {
 public:
  virtual ~Broker() = default;

  // Sends to one client, subscribed or not. The message leaves in the broker's next turn.
  virtual void send(const std::string& client_id, const std::string& topic,
                    std::string_view payload, int qos) = 0;

  // Shows a sentence to the user of the simulator.
  virtual void notify(const std::string& text) = 0;

  // Closes the client's connection without a DISCONNECT.
  virtual void cut(const std::string& client_id) = 0;

  // Holds up the whole broker for that time, because it has no other way to answer late.
  virtual void pause(std::chrono::milliseconds time) = 0;

  // Has sessions (subscriptions, unacknowledged messages) written to disk at the end of a turn.
  virtual void save_sessions() = 0;
};

}  // namespace azure::iot::device::simulator
