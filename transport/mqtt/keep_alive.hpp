#pragma once

#include <chrono>
#include <cstdint>

#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device {

// Computes when libmosquitto has to be asked to ping, so that it need not be asked every second.
// libmosquitto pings if nothing was sent, or nothing was received, for one keep-alive interval. It
// gives up the connection if the answer takes as long again. Its clock counts whole seconds and
// stops while the machine is suspended. Here the time of a suspend counts.
class KeepAlive {
 public:
  // Zero disables the keep-alive.
  explicit KeepAlive(std::chrono::seconds interval) : interval_(interval) {}

  // The nearest interval that libmosquitto supports: 0, or 5 to 65535 s.
  static std::chrono::seconds supported(std::chrono::seconds asked);

  void start(SteadyTime now, std::uint64_t received, std::uint64_t sent);
  // Records the total numbers of bytes received and sent so far.
  void note(SteadyTime now, std::uint64_t received, std::uint64_t sent);

  // When to check again; kNever without a keep-alive.
  SteadyTime due() const;
  // Whether the server must have given up this client: nothing was checked for more than one and a
  // half times the keep-alive (MQTT 3.1.1 clause 3.1.2.10).
  bool overslept(SteadyTime now) const;
  // Records that libmosquitto was asked at this time. If that sent nothing, libmosquitto counted
  // differently and must be asked again soon.
  void asked(SteadyTime now, std::uint64_t sent);

 private:
  std::chrono::seconds interval_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  SteadyTime last_received_{};
  SteadyTime last_sent_{};
};

}  // namespace azure::iot::device
