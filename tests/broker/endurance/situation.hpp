#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

// What a client may be in the middle of.
enum class State {
  never_connected,
  resolving,     // The system does not give the lookup back.
  dialling,      // Nobody answers the SYN.
  in_handshake,  // Accepted, but TLS gets no answer.
  waiting_for_connack,
  idle,
  publishing,    // No PUBACK comes.
  window_full,   // No PUBACK comes, and as many again wait in the client.
  subscribing,   // No SUBACK comes.
  reading_twin,  // No response comes.
  not_read,      // The hub takes nothing any more, and much waits to be sent.
  waiting_for_redial,
  redialling,
  reauthorizing,    // The token was renewed, and the new connection is not made yet.
  disconnecting,    // The DISCONNECT does not get through.
  handler_blocked,  // And its inbox is overfull.
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

// A call that was under way, and how it ended: "" well, else the type of what came and its text.
struct EndedCall {
  std::string name;
  std::string how;
  std::chrono::steady_clock::time_point when;
};

// A client that has been brought into a state, with calls under way, against a far end that keeps
// it there.
class Situation {
 public:
  // Whether the calls under way are those of other threads, which block; or are started only, since
  // a client must not be destroyed while another thread is in a call. `ends_in` is a handler that
  // must stay free.
  enum class Calls { blocking, started };
  Situation(State state, Calls calls, std::optional<Handler> ends_in = {});
  ~Situation();

  IoTHubDeviceClient& client();
  void destroy();
  // Puts another client, which was never connected, in the place of this.
  void assign();

  // Has a handler of this kind called, which does `act` once.
  void in_handler(Handler handler, std::function<void()> act);

  // How the calls ended. Those that have not after ten seconds: "still under way".
  std::vector<EndedCall> ended_calls();
  // Whether everything the client was made of is gone, now or soon. Ends the situation.
  bool nothing_left();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace azure::iot::device::test
