#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

// The states in which a client may be.
enum class State {
  never_connected,
  resolving,     // The system never returns from the lookup.
  dialling,      // The SYN gets no answer.
  in_handshake,  // Accepted, but TLS gets no answer.
  waiting_for_connack,
  idle,
  publishing,    // No PUBACK comes.
  window_full,   // No PUBACK comes, and as many again wait in the client.
  subscribing,   // No SUBACK comes.
  reading_twin,  // No response comes.
  not_read,      // The hub reads nothing, and much waits to be sent.
  waiting_for_redial,
  redialling,
  reauthorizing,    // The token was renewed, and the new connection is not made yet.
  disconnecting,    // The DISCONNECT cannot be sent.
  handler_blocked,  // And its inbox is full.
  shut_down,
  moved_from,
  count,
};
std::string to_string(State state);

enum class Handler {
  message,
  method_request,
  twin_patch,
  connection_state,
  background_exception,
  count
};
std::string to_string(Handler handler);

// A pending call, and how it ended: "" for success, otherwise the type and text of the error.
struct EndedCall {
  std::string name;
  std::string how;
  std::chrono::steady_clock::time_point when;
};

// A client in a given state, with pending calls, and a far end that keeps it there.
class Situation {
 public:
  // Whether the pending calls block other threads or are only started. A client must not be
  // destroyed while another thread is in a call. `ends_in` is a handler that must stay free.
  enum class Calls { blocking, started };
  Situation(State state, Calls calls, std::optional<Handler> ends_in = {});
  ~Situation();

  IoTHubDeviceClient& client();
  void destroy();
  // Assigns another client, which was never connected, to this one.
  void assign();

  // Triggers a handler of this kind, which runs `act` once.
  void in_handler(Handler handler, std::function<void()> act);

  // The outcomes of the calls. A call that has not ended after ten seconds: "still under way".
  std::vector<EndedCall> ended_calls();
  // Whether every object of the client is destroyed, now or soon. Ends the situation.
  bool nothing_left();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace azure::iot::device::test
