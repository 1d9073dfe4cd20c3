#include "broker/faults/fault_table.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using enum Phase;
using enum Fault;

constexpr std::string_view kFailed = "ConnectionFailedError";
constexpr std::string_view kDropped = "ConnectionDroppedError";
constexpr std::string_view kRefused = "CredentialError";
constexpr std::string_view kClient = "ClientError";
constexpr std::string_view kTimeout = "OperationTimeout";

// In these tests a connect has one second, and a call has three. A keep-alive of five seconds
// detects a silent link after ten at the latest.
constexpr auto kAtOnce = 800ms;
constexpr auto kDeadline = 1800ms;
constexpr auto kCall = 3800ms;
constexpr auto kKeepAlive = 11'500ms;
constexpr bool kGivenUp = true;
// A new token is made at once if the clock says that the old one has expired. The client itself
// closes the link, to reconnect with the new one.
constexpr std::string_view kForNewToken = "client";

constexpr Row kTable[] = {
    {resolve, not_found, kFailed, kAtOnce},
    {resolve, never_found, kFailed, kDeadline},
    {resolve, clock_ahead, {}, kAtOnce},
    {resolve, clock_behind, {}, kAtOnce},

    {tcp, refused, kFailed, kAtOnce},
    {tcp, packet_loss, kFailed, kDeadline},
    {tcp, hub_restarted, kFailed, kAtOnce},

    {tls, rst, kFailed, kAtOnce},
    {tls, fin, kFailed, kAtOnce},
    {tls, silence, kFailed, kDeadline},
    {tls, packet_loss, kFailed, kDeadline},
    {tls, alert, kFailed, kAtOnce},
    {tls, old_tls, kFailed, kAtOnce},
    {tls, wrong_host, kClient, kAtOnce},
    {tls, untrusted, kClient, kAtOnce},
    {tls, outdated, kClient, kAtOnce},
    {tls, wants_certificate, kRefused, kAtOnce, {}, kGivenUp},
    {tls, garbage, kFailed, kAtOnce},
    {tls, hub_restarted, kFailed, kAtOnce},
    {tls, clock_ahead, {}, kAtOnce},
    {tls, clock_behind, {}, kAtOnce},

    {connect, rst, kDropped, kAtOnce},
    {connect, fin, kDropped, kAtOnce},
    {connect, silence, kFailed, kDeadline},
    {connect, packet_loss, kFailed, kDeadline},
    {connect, garbage, kClient, kAtOnce, {}, kGivenUp},
    {connect, half_packet, kFailed, kDeadline},
    {connect, huge_packet, kClient, kAtOnce, {}, kGivenUp},
    {connect, connack_1, kClient, kAtOnce, {}, kGivenUp},
    {connect, connack_2, kClient, kAtOnce, {}, kGivenUp},
    {connect, connack_3, kFailed, kAtOnce},
    {connect, connack_4, kRefused, kAtOnce, {}, kGivenUp},
    {connect, connack_5, kRefused, kAtOnce, {}, kGivenUp},
    {connect, connack_6, kClient, kAtOnce, {}, kGivenUp},
    {connect, expired_token, kRefused, kAtOnce, {}, kGivenUp},
    {connect, hub_restarted, kDropped, kAtOnce},
    {connect, clock_ahead, {}, kAtOnce},
    {connect, clock_behind, {}, kAtOnce},

    {idle, rst, {}, kAtOnce, "network"},
    {idle, fin, {}, kAtOnce, "network"},
    {idle, silence, {}, kKeepAlive, "network"},
    {idle, packet_loss, {}, kKeepAlive, "network"},
    {idle, garbage, {}, kAtOnce, "mqtt"},
    {idle, huge_packet, {}, kAtOnce, "mqtt"},
    {idle, half_packet, {}, kKeepAlive, "network"},
    {idle, second_connack, {}, kAtOnce, "mqtt"},
    {idle, expired_token, {}, kAtOnce, "network", kGivenUp},
    {idle, taken_over, {}, kAtOnce, "network"},
    {idle, hub_restarted, {}, kAtOnce, "network"},
    {idle, clock_ahead, {}, kAtOnce, kForNewToken},
    {idle, clock_behind, {}, kAtOnce},

    {publish, rst, {}, kCall, "network"},
    {publish, fin, {}, kCall, "network"},
    {publish, silence, kTimeout, kCall},
    {publish, packet_loss, kTimeout, kCall},
    {publish, garbage, {}, kCall, "mqtt"},
    {publish, huge_packet, {}, kCall, "mqtt"},
    {publish, half_packet, kTimeout, kCall},
    {publish, second_connack, {}, kCall, "mqtt"},
    {publish, no_answer, kTimeout, kCall},
    {publish, answered_twice, {}, kAtOnce},
    {publish, expired_token, kTimeout, kCall, "network", kGivenUp},
    {publish, taken_over, {}, kCall, "network"},
    {publish, hub_restarted, {}, kCall, "network"},
    {publish, clock_ahead, {}, kAtOnce, kForNewToken},
    {publish, clock_behind, {}, kAtOnce},
    {publish, window_full, kTimeout, kCall},

    {subscribe, rst, kTimeout, kCall, "network"},
    {subscribe, fin, kTimeout, kCall, "network"},
    {subscribe, silence, kTimeout, kCall},
    {subscribe, packet_loss, kTimeout, kCall},
    {subscribe, garbage, kTimeout, kCall, "mqtt"},
    {subscribe, huge_packet, kTimeout, kCall, "mqtt"},
    {subscribe, half_packet, kTimeout, kCall},
    {subscribe, second_connack, kTimeout, kCall, "mqtt"},
    {subscribe, no_answer, kTimeout, kCall},
    {subscribe, answered_twice, {}, kAtOnce},
    {subscribe, refused_suback, kClient, kAtOnce},
    {subscribe, expired_token, kTimeout, kCall, "network", kGivenUp},
    {subscribe, taken_over, kTimeout, kCall, "network"},
    {subscribe, hub_restarted, kTimeout, kCall, "network"},
    {subscribe, clock_ahead, kTimeout, kCall, kForNewToken},
    {subscribe, clock_behind, {}, kAtOnce},
    {subscribe, window_full, {}, kAtOnce},

    {disconnect, rst, {}, kAtOnce, "client"},
    {disconnect, fin, {}, kAtOnce, "client"},
    {disconnect, silence, {}, kAtOnce, "client"},
    {disconnect, packet_loss, {}, kAtOnce, "client"},
    {disconnect, garbage, {}, kAtOnce, "client"},
    {disconnect, hub_restarted, {}, kAtOnce, "client"},
    {disconnect, clock_ahead, {}, kAtOnce, "client"},
    {disconnect, clock_behind, {}, kAtOnce, "client"},
    {disconnect, window_full, {}, kAtOnce, "client"},
};

constexpr Impossible kImpossible[] = {
    {rst, "resolve tcp", "there is no connection yet; a SYN that is answered by RST is a refusal"},
    {fin, "resolve tcp", "there is no connection yet"},
    {silence, "resolve tcp", "the system makes a TCP connection, and TLS is silent then"},
    {packet_loss, "resolve", "nothing is sent to the server yet"},
    {refused, "other", "only a dial can be refused"},
    {not_found, "other", "a name is looked up before all else"},
    {never_found, "other", "a name is looked up before all else"},
    {alert, "other", "after the handshake it ends the connection as FIN does"},
    {old_tls, "other", "the version is agreed on in the handshake"},
    {wrong_host, "other", "a certificate is shown in the handshake"},
    {untrusted, "other", "a certificate is shown in the handshake"},
    {outdated, "other", "a certificate is shown in the handshake"},
    {wants_certificate, "other", "a certificate is asked for in the handshake"},
    {garbage, "resolve tcp", "nobody sends yet"},
    {half_packet, "resolve tcp tls", "there are no packets yet"},
    {half_packet, "disconnect", "nothing is read after a DISCONNECT, as with garbage"},
    {huge_packet, "resolve tcp tls", "there are no packets yet"},
    {huge_packet, "disconnect", "nothing is read after a DISCONNECT, as with garbage"},
    {connack_1, "other", "it answers a CONNECT"},
    {connack_2, "other", "it answers a CONNECT"},
    {connack_3, "other", "it answers a CONNECT"},
    {connack_4, "other", "it answers a CONNECT"},
    {connack_5, "other", "it answers a CONNECT"},
    {connack_6, "other", "it answers a CONNECT"},
    {second_connack, "resolve tcp tls connect", "there was no first one"},
    {second_connack, "disconnect", "nothing is read after a DISCONNECT, as with garbage"},
    {refused_suback, "other", "it answers a SUBSCRIBE"},
    {no_answer, "resolve tcp tls connect idle disconnect",
     "nothing else is there to be answered: that is silence, or nothing is asked"},
    {answered_twice, "resolve tcp tls connect idle disconnect",
     "nothing is asked, or the second answer is a row of its own"},
    {expired_token, "resolve tcp tls", "the token is in the CONNECT"},
    {expired_token, "disconnect", "the link is about to end anyway, as with FIN"},
    {taken_over, "resolve tcp tls connect", "there is no link yet to take"},
    {taken_over, "disconnect", "the link is about to end anyway, as with FIN"},
    {hub_restarted, "resolve", "nothing is sent to the hub yet"},
    {clock_ahead, "tcp", "the system makes a TCP connection, and looks at no time of day"},
    {clock_behind, "tcp", "the system makes a TCP connection, and looks at no time of day"},
    {window_full, "resolve tcp tls connect idle", "nobody calls, or nothing is published yet"},
};

}  // namespace

std::span<const Row> fault_table() { return kTable; }
std::span<const Impossible> impossible_faults() { return kImpossible; }

std::string_view to_string(Phase phase) {
  constexpr std::string_view kNames[] = {"resolve", "tcp",       "tls",        "connect", "idle",
                                         "publish", "subscribe", "disconnect", "count"};
  return kNames[static_cast<std::size_t>(phase)];
}

std::string_view to_string(Fault fault) {
  constexpr std::string_view kNames[] = {"rst",
                                         "fin",
                                         "silence",
                                         "packet_loss",
                                         "refused",
                                         "not_found",
                                         "never_found",
                                         "alert",
                                         "old_tls",
                                         "wrong_host",
                                         "untrusted",
                                         "outdated",
                                         "wants_certificate",
                                         "garbage",
                                         "half_packet",
                                         "huge_packet",
                                         "connack_1",
                                         "connack_2",
                                         "connack_3",
                                         "connack_4",
                                         "connack_5",
                                         "connack_6",
                                         "second_connack",
                                         "refused_suback",
                                         "no_answer",
                                         "answered_twice",
                                         "expired_token",
                                         "taken_over",
                                         "hub_restarted",
                                         "clock_ahead",
                                         "clock_behind",
                                         "window_full",
                                         "count"};
  return kNames[static_cast<std::size_t>(fault)];
}

}  // namespace azure::iot::device::test
