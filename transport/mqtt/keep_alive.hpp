#pragma once

#include <chrono>
#include <cstdint>

#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device {

// Works out when libmosquitto has to be asked to ping, so that nobody has to ask every second. It
// pings when nothing was sent, or nothing came, for the length of the keep-alive, and gives up the
// connection when the answer takes as long again. It counts in whole seconds of a clock that
// stands still while the machine is asleep; here a suspend counts.
class KeepAlive {
 public:
  // Zero: there is none.
  explicit KeepAlive(std::chrono::seconds interval) : interval_(interval) {}

  // What libmosquitto can do: 0, or 5 to 65535 s.
  static std::chrono::seconds supported(std::chrono::seconds asked);

  void start(SteadyTime now, std::uint64_t received, std::uint64_t sent);
  // How many bytes have come and gone up to now.
  void note(SteadyTime now, std::uint64_t received, std::uint64_t sent);

  // When to look again; kNever without a keep-alive.
  SteadyTime due() const;
  // Whether the server must have given up this client: more than one and a half times the
  // keep-alive has passed (MQTT 3.1.1 clause 3.1.2.10) without anybody having looked.
  bool overslept(SteadyTime now) const;
  // libmosquitto was asked at this time. If that sent nothing it counted differently: ask again
  // soon.
  void asked(SteadyTime now, std::uint64_t sent);

 private:
  std::chrono::seconds interval_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  SteadyTime last_received_{};
  SteadyTime last_sent_{};
};

}  // namespace azure::iot::device
