#include "hub/limits.hpp"

#include <array>
#include <charconv>
#include <stdexcept>
#include <string>

namespace azure::iot::device::simulator {

namespace {

constexpr std::array kLimits{
    LimitName{"d2c-bytes", &Limits::d2c_bytes, "telemetry, payload and properties"},
    LimitName{"c2d-bytes", &Limits::c2d_bytes, "a message to a device or an input"},
    LimitName{"c2d-queue", &Limits::c2d_queue, "messages that wait for one device"},
    LimitName{"method-bytes", &Limits::method_bytes, "the body of a method, each way"},
    LimitName{"methods-in-flight", &Limits::methods_in_flight,
              "unanswered methods of one device; 0 for any number"},
    LimitName{"subscriptions", &Limits::subscriptions, "topic filters of one session"},
    LimitName{"twin-bytes", &Limits::twin_bytes, "keys and values of a twin's section"},
    LimitName{"token-grace", &Limits::token_grace,
              "seconds from a token's expiry until its link is severed"},
    LimitName{"keep-alive-cap", &Limits::keep_alive_cap,
              "seconds of silence at most, whatever keep-alive a client asked for"},
    LimitName{"connect-rate", &Limits::connect_rate, "connects a second; 0 for any number"},
    LimitName{"telemetry-rate", &Limits::telemetry_rate,
              "telemetry messages a second, of all devices; 0 for any number"},
    LimitName{"twin-read-rate", &Limits::twin_read_rate, "twin reads a second; 0 for any number"},
    LimitName{"twin-update-rate", &Limits::twin_update_rate,
              "twin updates a second; 0 for any number"},
    LimitName{"shaping", &Limits::shaping,
              "seconds for which what exceeds a rate is slowed before it is refused"},
};

}  // namespace

std::span<const LimitName> limit_names() { return kLimits; }

void set_limit(Limits& limits, std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  for (const LimitName& limit : kLimits) {
    if (name != limit.name) continue;
    const std::string_view digits =
        equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
      throw std::invalid_argument("--limit " + std::string(text) +
                                  ": the value must be a whole number from 0");
    }
    limits.*limit.value = value;
    return;
  }
  throw std::invalid_argument("--limit " + std::string(text) +
                              ": there is no such limit; 'iothub-sim run --help' lists them");
}

}  // namespace azure::iot::device::simulator
