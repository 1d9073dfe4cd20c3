#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "pipeline/text/quoted.hpp"
#include "transport/mqtt/mosquitto_errors.hpp"
#include "transport/mqtt/mqtt_link.hpp"
#include "transport/tls/verify_failure.hpp"
#include "transport/tunnel/route.hpp"

// The part of a link that connects: from `open` to the CONNACK.

namespace azure::iot::device {
namespace {

std::string seconds_text(Duration duration) {
  const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(duration).count();
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text + " s";
}

bool is_shortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

// Detects a dead peer within one keep-alive interval after something was sent to it, instead of
// when the answer to a ping is due.
void limit_silence(int socket, std::chrono::seconds keep_alive) {
  if (keep_alive == std::chrono::seconds{0}) return;
  const auto limit = static_cast<unsigned>(std::chrono::milliseconds(keep_alive).count());
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

}  // namespace

void MqttLink::open(std::optional<std::string> password) {
  assert(state_ == State::down);
  attempt_.emplace(std::move(password), saturating_add(loop_.now(), options_.connect_timeout));
  state_ = State::resolving;
  patience_.start_deadline(loop_, attempt_->deadline(), [this] { on_patience_lost(); });
  lookup_.emplace(loop_, *options_.resolver, route_.first_hop(),
                  [this](Resolver::Answer answer) { on_resolved(std::move(answer)); });
}

void MqttLink::on_resolved(Resolver::Answer answer) {
  frame([&] {
    lookup_.reset();
    if (!answer) return end(answer.error());
    attempt_->set_addresses(dial_order(*answer, served_last_));
    if (!attempt_->has_next()) {
      return end(
          Error(Errc::connection_failed, "the name " + route_.first_hop() + " has no address"));
    }
    if (!route_.wants_address_of_server()) return dial_next();
    lookup_.emplace(loop_, *options_.resolver, route_.hostname,
                    [this](Resolver::Answer server) { on_server_resolved(std::move(server)); });
  });
}

// A failed lookup is no error here: the proxy may know the name.
void MqttLink::on_server_resolved(Resolver::Answer answer) {
  frame([&] {
    lookup_.reset();
    server_addresses_ = answer ? *std::move(answer) : std::vector<std::string>{};
    dial_next();
  });
}

void MqttLink::dial_next() {
  state_ = State::dialling;
  dialled_at_ = loop_.now();
  address_.clear();
  for (const std::string& address : attempt_->left()) {
    address_ += (address_.empty() ? "" : ", ") + address;
  }
  patience_.start_deadline(loop_, attempt_->deadline(), [this] { on_patience_lost(); });
  log(LogLevel::info, "dialling " + server() + (route_.proxy ? " through a proxy" : "") +
                          (route_.websockets ? " for a WebSocket" : ""));
  dial_ = std::make_unique<TcpDial>(
      loop_, attempt_->left(), route_.first_port(),
      [this](TcpDial::Outcome outcome) { on_dialled(std::move(outcome)); });
}

void MqttLink::on_dialled(TcpDial::Outcome outcome) {
  frame([&] {
    dial_.reset();
    const std::vector<std::string> dialled = attempt_->left();
    std::vector<std::size_t> tried;
    Error last;
    for (const TcpDial::Failure& failure : outcome.failures) {
      if (last) attempt_->try_next_after(last);
      address_ = dialled[failure.index];
      last = unreachable(failure.error_number);
      tried.push_back(failure.index);
    }
    if (outcome.socket) tried.push_back(outcome.index);
    attempt_->remove(std::move(tried));
    if (!outcome.socket) return end(std::move(last));
    if (last) attempt_->try_next_after(last);
    address_ = dialled[outcome.index];
    patience_.start_deadline(loop_, attempt_->end_of_share(loop_.now()),
                             [this] { on_patience_lost(); });
    limit_silence(outcome.socket.get(), interval_);
    if (route_.needs_tunnel()) return open_tunnel(std::move(outcome.socket));
    hand_over(std::move(outcome.socket));
  });
}

// An error for the address that was dialled last.
Error MqttLink::unreachable(int error_number) const {
  if (is_shortage(error_number)) {
    return Error(Errc::connection_failed,
                 "no socket can be made to dial " + server() + ": " + std::strerror(error_number));
  }
  if (!route_.needs_tunnel()) return dial_error(server(), MOSQ_ERR_ERRNO, error_number, 0);
  const std::string address = address_ == route_.first_hop() ? "" : " (" + address_ + ")";
  const std::string reason = " cannot be reached: " + std::string(std::strerror(error_number));
  return Error(
      Errc::connection_failed,
      route_.proxy
          ? name_of(*route_.proxy) + address + reason + "; check its address and port"
          : server() + address + reason + "; check the network, the port and the firewall");
}

void MqttLink::open_tunnel(UniqueFd first_hop) {
  tunnel_ = Tunnel::create(
      loop_, tls_, route_, server_addresses_, std::move(first_hop),
      [this](Result<UniqueFd> carrier) {
        frame([&] { carrier ? hand_over(*std::move(carrier)) : end(carrier.error()); });
      },
      [this] { on_tunnel_ending(); });
}

void MqttLink::hand_over(UniqueFd carrier) {
  const MosquittoClient::Login login{username_.c_str(), attempt_->password()};
  const MosquittoResult result =
      client_->dial(std::move(carrier), tunnel_ ? tunnel_->bytes() : nullptr,
                    static_cast<int>(interval_.count()), login);
  check(result);
  if (ended_) return;
  try {
    watch();
  } catch (const std::system_error& error) {
    end(Error(Errc::connection_failed, words_of(error)));
  }
}

void MqttLink::on_connack(int code, bool session_present) {
  if (state_ != State::dialling || to_announce_) {
    return end(Error(Errc::protocol_client, server() + " sent a second CONNACK"));
  }
  if (code != 0) return end(connack_error(code));
  // Announced only after libmosquitto has resent the unacknowledged publishes, so that those
  // published first arrive first.
  to_announce_ = session_present;
}

void MqttLink::announce() {
  if (!to_announce_ || !listener_) return;
  const bool session_present = *std::exchange(to_announce_, std::nullopt);
  state_ = State::up;
  client_->hold_back_writes();
  served_last_ = address_;
  patience_.cancel();
  attempt_.reset();
  keep_alive_.start(loop_.now(), client_->bytes_received(), client_->bytes_sent());
  arm_keep_alive();
  log(LogLevel::info, "connected to " + server());
  listener_->on_link_up(session_present);
}

std::string MqttLink::phase() const {
  if (state_ == State::resolving) return "waiting for the name to be resolved";
  if (dial_) return "waiting for the TCP connection";
  if (tunnel_ && !client_->connected()) return tunnel_->phase();
  if (client_->handshaking()) return "waiting for the TLS handshake to end";
  return "waiting for the CONNACK";
}

void MqttLink::on_patience_lost() {
  frame([&] {
    impatient_ = state_ == State::closing;
    if (impatient_) return end({});
    if (dial_) attempt_->set_addresses({});  // All of them have been tried.
    const SteadyTime since =
        state_ == State::resolving ? attempt_->deadline() - options_.connect_timeout : dialled_at_;
    end(Error(Errc::connection_failed, "no connection to " + server() + " within " +
                                           seconds_text(loop_.now() - since) + ": still " +
                                           phase()));
  });
}

Error MqttLink::dial_failure(const MosquittoResult& result) const {
  if (const int code = client_->verify_failure()) {
    return verify_error(code, route_.hostname, loop_.wall_now());
  }
  if (result.local) {
    return Error(Errc::connection_failed,
                 "a connection was made, but libmosquitto cannot be handed it: " +
                     std::string(std::strerror(result.error_number)) +
                     "; it takes a socket in a folder that can be written to, as in TMPDIR, or on "
                     "the loopback interface");
  }
  const Error error =
      dial_error(server(), result.rc, result.error_number, client_->openssl_error());
  if (error.code() != Errc::connection_failed || !client_->handshaken()) return error;
  return Error(Errc::connection_dropped,
               server() +
                   " closed the connection instead of answering the CONNECT; if that goes "
                   "on, check that the port is one for MQTT");
}

std::string MqttLink::cancel() {
  if (state_ != State::resolving && state_ != State::dialling) return {};
  std::string reached = "no connection to " + server() + " yet, still " + phase();
  log(LogLevel::info, "gave up connecting: " + reached);
  unwatch();
  client_->close();
  dial_.reset();
  tunnel_.reset();
  ended_.reset();
  go_down();
  return reached;
}

}  // namespace azure::iot::device
