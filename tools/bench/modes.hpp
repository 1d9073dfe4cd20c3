#pragma once

#include <span>
#include <string_view>

#include "tools/bench/measurement.hpp"

namespace azure::iot::device::bench {

// libmosquitto in expert use: with an event loop of one's own, and with its thread.
Figures run_raw_loop(const Job& job);
Figures run_raw_thread(const Job& job);

// This library: each completion starts the next send; a thread of the application starts them; as
// many threads as may be in flight make blocking calls. And the first of these over a WebSocket.
Figures run_async(const Job& job);
Figures run_async_thread(const Job& job);
Figures run_blocking(const Job& job);
Figures run_websocket(const Job& job);

// A way to send messages, and its baseline.
struct Mode {
  std::string_view name;
  std::string_view baseline;  // Empty: it is a baseline itself.
  std::string_view what;
  Figures (*run)(const Job& job);
  bool websockets = false;  // The address of the broker.
};

inline constexpr Mode kModes[] = {
    {"raw-loop", "", "libmosquitto, own epoll loop, one thread", &run_raw_loop},
    {"raw-thread", "", "libmosquitto, loop_start, one calling thread", &run_raw_thread},
    {"async", "raw-loop", "this library, each completion starts the next", &run_async},
    {"async-thread", "raw-thread", "this library, started by a thread of the application",
     &run_async_thread},
    {"blocking", "raw-thread", "this library, blocking calls, one thread per message in flight",
     &run_blocking},
    {"websocket", "async", "as async, over a WebSocket instead of directly", &run_websocket, true},
};

// Null if no mode has that name.
const Mode* find_mode(std::string_view name);

}  // namespace azure::iot::device::bench
