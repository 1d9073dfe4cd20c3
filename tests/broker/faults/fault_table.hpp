#pragma once

#include <chrono>
#include <span>
#include <string_view>

namespace azure::iot::device::test {

// What a client is in the middle of.
enum class Phase { resolve, tcp, tls, connect, idle, publish, subscribe, disconnect, phase_count };

// What goes wrong.
enum class Fault {
  rst,
  fin,
  silence,      // The connection stays, and nothing comes.
  packet_loss,  // Nothing gets through to the server any more.
  refused,      // Nobody listens.
  not_found,    // The name has no address.
  never_found,  // The lookup does not end.
  alert,        // TLS: handshake_failure.
  old_tls,      // TLS 1.1 at most.
  wrong_host,   // A certificate for another name ...
  untrusted,    // ... by an authority nobody knows ...
  outdated,     // ... that has expired.
  wants_certificate,
  garbage,      // Bytes that mean nothing where they come.
  half_packet,  // A packet that does not end.
  huge_packet,  // One that is said to have 256 MB, and of which the first two come.
  connack_1,    // Unacceptable protocol.
  connack_2,    // Client id rejected.
  connack_3,    // Server unavailable.
  connack_4,    // Bad user name or password.
  connack_5,    // Not authorized: a token that has expired, a device that is disabled.
  connack_6,    // What MQTT does not know.
  second_connack,
  refused_suback,  // 0x80.
  no_answer,       // Everything else is answered.
  answered_twice,
  expired_token,  // The hub ends the link, and refuses the token from then on.
  taken_over,     // Another client of the same identity takes the link, and the next one too.
  hub_restarted,  // Nobody is there for a while.
  clock_ahead,    // The time of day jumps past the end of the token ...
  clock_behind,   // ... or back to before it was made.
  window_full,    // As many messages wait for their PUBACK as may.
  fault_count,
};

std::string_view to_string(Phase phase);
std::string_view to_string(Fault fault);

// What an application sees. The call is `connect` up to the CONNACK, and what the phase is named
// after later; none while idle.
struct Row {
  Phase phase;
  Fault fault;
  std::string_view outcome;         // The exception; empty: the call returns.
  std::chrono::milliseconds bound;  // When the call has ended, or the handler been told.
  std::string_view layer = {};      // Of the reason of the disconnect; empty: there is none.
  bool given_up = false;  // A redial that meets it is the last: the link was not at fault.
};
std::span<const Row> fault_table();

// What cannot be, and why.
struct Impossible {
  Fault fault;
  std::string_view phases;  // By their names, between blanks; "other": those that are no row.
  std::string_view why;
};
std::span<const Impossible> impossible_faults();

}  // namespace azure::iot::device::test
