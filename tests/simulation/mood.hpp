#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "pipeline/loop/time.hpp"

namespace azure::iot::device::simulation {

// The behaviour of network and hub for a while. Each number says how often per thousand a fault
// occurs.
struct Mood {
  std::string_view name;
  // The transit time of a packet.
  Duration least_delay = std::chrono::milliseconds{1};
  Duration most_delay = std::chrono::milliseconds{20};

  // Of each dial.
  std::uint32_t refuse_dial = 0;
  std::uint32_t stall_dial = 0;  // No answer at all.
  std::uint32_t distrust = 0;    // A certificate that is not trusted.
  // Of each packet.
  std::uint32_t cut_link = 0;
  std::uint32_t stall_link = 0;  // Half open: nothing arrives any more, until an end notices.
  std::uint32_t twice = 0;       // A packet that may arrive twice does.
  // Of each CONNECT.
  std::uint32_t unavailable = 0;
  std::uint32_t unauthorized = 0;
  std::uint32_t flap = 0;  // Accepted, and disconnected soon after.
  // Of each packet of the kind: the hub hangs up instead of an answer.
  std::uint32_t drop_on_publish = 0;
  std::uint32_t drop_on_subscribe = 0;
  // Of each operation that passes a stage of the application.
  std::uint32_t stage_throws = 0;
  // Of each SUBSCRIBE and UNSUBSCRIBE.
  std::uint32_t refuse_subscription = 0;
  std::uint32_t ignore_subscription = 0;
  // Of each request for the twin.
  std::uint32_t ignore_twin = 0;
  std::uint32_t fail_twin = 0;
  std::uint32_t garble_twin = 0;
};

inline constexpr Mood kMoods[] = {
    {.name = "calm"},
    {.name = "slow",
     .least_delay = std::chrono::milliseconds{100},
     .most_delay = std::chrono::seconds{6},
     .twice = 100},
    {.name = "refusing",
     .refuse_dial = 600,
     .stall_dial = 50,
     .distrust = 50,
     .unavailable = 300,
     .unauthorized = 50,
     .refuse_subscription = 200,
     .fail_twin = 300},
    {.name = "flaky",
     .most_delay = std::chrono::milliseconds{300},
     .refuse_dial = 200,
     .cut_link = 60,
     .stall_link = 5,
     .twice = 200},
    {.name = "flapping", .refuse_dial = 100, .flap = 800, .stage_throws = 60},
    {.name = "averse to publishes", .drop_on_publish = 700},
    {.name = "averse to subscriptions", .drop_on_subscribe = 700},
    {.name = "silent",
     .most_delay = std::chrono::seconds{1},
     .stall_dial = 400,
     .stall_link = 40,
     .ignore_subscription = 400,
     .ignore_twin = 400},
    {.name = "hostile",
     .most_delay = std::chrono::seconds{2},
     .refuse_dial = 200,
     .stall_dial = 100,
     .distrust = 10,
     .cut_link = 30,
     .stall_link = 10,
     .twice = 300,
     .unavailable = 100,
     .unauthorized = 20,
     .flap = 50,
     .drop_on_publish = 20,
     .drop_on_subscribe = 20,
     .stage_throws = 60,
     .refuse_subscription = 100,
     .ignore_subscription = 100,
     .ignore_twin = 100,
     .fail_twin = 100,
     .garble_twin = 100},
};

}  // namespace azure::iot::device::simulation
