#include "transport/mqtt/keep_alive.hpp"

#include <algorithm>

namespace azure::iot::device {

using std::chrono::seconds;

seconds KeepAlive::supported(seconds asked) {
  return asked == seconds{0} ? asked : std::clamp(asked, seconds{5}, seconds{65535});
}

void KeepAlive::start(SteadyTime now, std::uint64_t received, std::uint64_t sent) {
  received_ = received;
  sent_ = sent;
  last_received_ = last_sent_ = now;
}

void KeepAlive::note(SteadyTime now, std::uint64_t received, std::uint64_t sent) {
  if (received != received_) last_received_ = now;
  if (sent != sent_) last_sent_ = now;
  received_ = received;
  sent_ = sent;
}

SteadyTime KeepAlive::due() const {
  if (interval_ == seconds{0}) return kNever;
  return saturating_add(std::min(last_received_, last_sent_), interval_);
}

bool KeepAlive::overslept(SteadyTime now) const {
  return now - last_received_ > interval_ + interval_ / 2 + seconds{1};
}

void KeepAlive::asked(SteadyTime now, std::uint64_t sent) {
  if (sent == sent_) {
    last_received_ = last_sent_ = now - interval_ + seconds{1};
    return;
  }
  sent_ = sent;
  last_received_ = last_sent_ = now;
}

}  // namespace azure::iot::device
