// A rate as the hub enforces it: requests beyond it are slowed for a while (shaped), then refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace azure::iot::device::simulator {

class Throttle {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // Rate 0 has no limit. A burst of one second's worth passes unslowed.
  Throttle(std::int64_t per_second, std::chrono::seconds shaping)
      : interval_(per_second == 0 ? Duration::zero()
                                  : Duration(std::chrono::seconds(1)) / per_second),
        shaping_(shaping) {}

  // Returns how long to hold back a request that arrives now; nothing if it is to be refused.
  std::optional<Duration> admit(Time now);

 private:
  Duration interval_;
  Duration shaping_;
  Time next_{};  // The time at which the next request would be within the rate.
  std::optional<Time> shaping_since_;
};

}  // namespace azure::iot::device::simulator
