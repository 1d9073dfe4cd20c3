#include <cassert>
#include <system_error>
#include <utility>

#include "pipeline/text/quoted.hpp"
#include "transport/mqtt/mosquitto_errors.hpp"
#include "transport/mqtt/mqtt_link.hpp"
#include "transport/tls/verify_failure.hpp"

// How a link comes up: from `open` to the CONNACK.

namespace azure::iot::device {
namespace {

std::string seconds_text(Duration duration) {
  const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(duration).count();
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text + " s";
}

}  // namespace

void MqttLink::open(std::optional<std::string> password) {
  assert(state_ == State::down);
  attempt_.emplace(std::move(password), saturating_add(loop_.now(), options_.connect_timeout));
  state_ = State::resolving;
  patience_.start_deadline(loop_, attempt_->deadline(), [this] { on_patience_lost(); });
  if (route_) return open_tunnel();
  lookup_.emplace(loop_, *options_.resolver, hostname_,
                  [this](Resolver::Answer answer) { on_resolved(std::move(answer)); });
}

void MqttLink::on_resolved(Resolver::Answer answer) {
  frame([&] {
    lookup_.reset();
    if (!answer) return end(answer.error());
    attempt_->set_addresses(*std::move(answer));
    if (!attempt_->has_next()) {
      return end(Error(Errc::connection_failed, "the name " + hostname_ + " has no address"));
    }
    dial_next();
  });
}

void MqttLink::open_tunnel() {
  state_ = State::dialling;
  dialled_at_ = loop_.now();
  log(LogLevel::info, "dialling " + server() + (route_->proxy ? " through a proxy" : "") +
                          (route_->websockets ? " for a WebSocket" : ""));
  tunnel_ = Tunnel::create(loop_, options_.resolver, tls_, *route_,
                           [this](Result<UniqueFd> carrier) { on_tunnel(std::move(carrier)); });
}

void MqttLink::on_tunnel(Result<UniqueFd> carrier) {
  frame([&] {
    if (!carrier) return end(carrier.error());
    const MosquittoResult result = client_->dial(*std::move(carrier), tunnel_->bytes(),
                                                 static_cast<int>(interval_.count()), login());
    dial_errno_ = result.error_number;
    check(result);
    if (!ended_) watch_dial();
  });
}

void MqttLink::watch_dial() {
  try {
    watch();
  } catch (const std::system_error& error) {
    end(Error(Errc::connection_failed, words_of(error)));
  }
}

void MqttLink::dial_next() {
  state_ = State::dialling;
  SteadyTime until;
  address_ = attempt_->next(loop_.now(), until);
  dialled_at_ = loop_.now();
  patience_.start_deadline(loop_, until, [this] { on_patience_lost(); });
  log(LogLevel::info, "dialling " + server());

  const MosquittoResult result =
      client_->dial(address_, port_, static_cast<int>(interval_.count()), login());
  dial_errno_ = result.error_number;
  check(result);
  if (!ended_) watch_dial();
}

void MqttLink::on_connack(int code, bool session_present) {
  if (state_ != State::dialling || to_announce_) {
    return end(Error(Errc::protocol_client, server() + " sent a second CONNACK"));
  }
  if (code != 0) return end(connack_error(code));
  // Told when libmosquitto has sent again what was not acknowledged: what is published first must
  // arrive first.
  to_announce_ = session_present;
}

void MqttLink::announce() {
  if (!to_announce_ || !listener_) return;
  const bool session_present = *std::exchange(to_announce_, std::nullopt);
  state_ = State::up;
  client_->hold_back_writes();
  patience_.cancel();
  attempt_.reset();
  keep_alive_.start(loop_.now(), client_->bytes_received(), client_->bytes_sent());
  arm_keep_alive();
  log(LogLevel::info, "connected to " + server());
  listener_->on_link_up(session_present);
}

std::string MqttLink::phase() const {
  if (state_ == State::resolving) return "waiting for the name to be resolved";
  if (tunnel_ && client_->fd() < 0) return tunnel_->phase();
  if (client_->bytes_sent() == 0) return "waiting for the TCP connection";
  if (client_->handshaking()) return "waiting for the TLS handshake to end";
  return "waiting for the CONNACK";
}

void MqttLink::on_patience_lost() {
  frame([&] {
    if (state_ == State::closing) return end({});
    const SteadyTime since =
        state_ == State::resolving ? attempt_->deadline() - options_.connect_timeout : dialled_at_;
    end(Error(Errc::connection_failed, "no connection to " + server() + " within " +
                                           seconds_text(loop_.now() - since) + ": still " +
                                           phase()));
  });
}

Error MqttLink::dial_failure(const MosquittoResult& result) const {
  if (const int code = client_->verify_failure()) {
    return verify_error(code, hostname_, loop_.wall_now());
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
  tunnel_.reset();
  ended_.reset();
  go_down();
  return reached;
}

}  // namespace azure::iot::device
