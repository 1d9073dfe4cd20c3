// What the hub needs of the broker it lives in.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

class Broker {
 public:
  virtual ~Broker() = default;

  // To one client, subscribed or not; it leaves in the broker's next turn.
  virtual void send(const std::string& client_id, const std::string& topic,
                    std::string_view payload, int qos) = 0;

  // Shows the user of the simulator a sentence.
  virtual void notify(const std::string& text) = 0;

  // Closes the client's connection without a DISCONNECT.
  virtual void cut(const std::string& client_id) = 0;

  // Holds up everything for so long: the broker has no other way to answer late.
  virtual void pause(std::chrono::milliseconds time) = 0;

  // Has sessions (subscriptions, unacknowledged messages) written to disk at the end of a turn.
  virtual void save_sessions() = 0;
};

}  // namespace azure::iot::device::simulator
