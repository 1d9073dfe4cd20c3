#pragma once

#include <chrono>
#include <span>
#include <string_view>

namespace azure::iot::device::test {

// The phase of the connection in which the fault happens.
enum class Phase { resolve, tcp, tls, connect, idle, publish, subscribe, disconnect, phase_count };

// The fault.
enum class Fault {
  rst,
  fin,
  silence,      // The connection stays open, and nothing arrives.
  packet_loss,  // Nothing reaches the server any more.
  refused,      // The port does not listen.
  not_found,    // The name has no address.
  never_found,  // The lookup does not end.
  alert,        // TLS: handshake_failure.
  old_tls,      // TLS 1.1 at most.
  wrong_host,   // A certificate for another name ...
  untrusted,    // ... by an unknown authority ...
  outdated,     // ... that has expired.
  wants_certificate,
  garbage,      // Bytes that are invalid where they arrive.
  half_packet,  // A packet without its end.
  huge_packet,  // A packet with a stated length of 256 MB, of which the first two arrive.
  connack_1,    // Unacceptable protocol.
  connack_2,    // Client id rejected.
  connack_3,    // Server unavailable.
  connack_4,    // Bad user name or password.
  connack_5,    // Not authorized: a token that has expired, a device that is disabled.
  connack_6,    // Not defined by MQTT.
  second_connack,
  refused_suback,  // 0x80.
  no_answer,       // All other requests are answered.
  answered_twice,
  expired_token,  // The hub ends the link, and then refuses the token.
  taken_over,     // Another client of the same identity takes the link, and the next one too.
  hub_restarted,  // The hub is down for a while.
  clock_ahead,    // The time of day jumps past the token's expiry ...
  clock_behind,   // ... or back to before it was created.
  window_full,    // The maximum number of messages waits for PUBACKs.
  fault_count,
};

std::string_view to_string(Phase phase);
std::string_view to_string(Fault fault);

// The result for an application. The call is `connect` up to the CONNACK, and later the call that
// the phase is named after. While idle there is no call.
struct Row {
  Phase phase;
  Fault fault;
  std::string_view outcome;         // The exception; empty: the call returns.
  std::chrono::milliseconds bound;  // Time until the call ends, or the handler is called.
  std::string_view layer = {};      // Of the reason of the disconnect; empty: there is none.
  bool given_up = false;  // A redial that meets it is the last: the link was not at fault.
};
std::span<const Row> fault_table();

// A combination that cannot occur, and the reason.
struct Impossible {
  Fault fault;
  std::string_view phases;  // Their names, separated by blanks; "other": those without a row.
  std::string_view why;
};
std::span<const Impossible> impossible_faults();

}  // namespace azure::iot::device::test
