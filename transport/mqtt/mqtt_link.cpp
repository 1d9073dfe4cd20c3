#include "transport/mqtt/mqtt_link.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include <mosquitto.h>
#include <sys/socket.h>

#include "pipeline/log.hpp"
#include "pipeline/loop/escape.hpp"
#include "transport/mqtt/mosquitto_errors.hpp"

namespace azure::iot::device {

Result<std::shared_ptr<MqttLink>> MqttLink::create(EventLoop& loop,
                                                   const MqttTransportConfig& config,
                                                   const MosquittoTransportOptions& options,
                                                   MqttLinkListener& listener) {
  std::shared_ptr<MqttLink> link(new MqttLink(loop, config, options, listener));
  const TlsSettings settings{config.hostname, config.server_verification_cert, config.cipher};
  auto tls = config.x509 ? TlsContext::create(settings, *config.x509) : TlsContext::get(settings);
  if (!tls) return tls.error();
  link->tls_ = *std::move(tls);
  if (Error error = link->forget_messages()) return error;
  return link;
}

MqttLink::MqttLink(EventLoop& loop, const MqttTransportConfig& config,
                   const MosquittoTransportOptions& options, MqttLinkListener& listener)
    : loop_(loop),
      client_id_(config.client_id),
      route_{config.hostname, config.port, config.proxy_options, config.websockets},
      username_(config.username),
      interval_(KeepAlive::supported(config.keep_alive)),
      options_(options),
      listener_(&listener),
      keep_alive_(interval_) {}

MqttLink::~MqttLink() { tear_down(); }

Error MqttLink::forget_messages() {
  assert(state_ == State::down);
  // Inside a WebSocket MQTT is plain, since the WebSocket itself is in TLS.
  auto fresh = MosquittoClient::create(client_id_, route_.websockets ? nullptr : tls_, *this);
  if (!fresh) {
    return Error(Errc::connection_failed,
                 std::string("libmosquitto made no client: ") + std::strerror(errno));
  }
  client_ = std::move(fresh);
  return {};
}

// An exception ends the connection, since the loop would not call a handler that throws again.
void MqttLink::on_ready(unsigned readiness) noexcept {
  const auto self = shared_from_this();
  contain("a connection, which ends", [&] {
    try {
      frame([&] { take_notice(readiness); });
    } catch (...) {
      end(Error(Errc::connection_dropped, thrown_text()));
      settle_soon();
      throw;
    }
  });
}

void MqttLink::take_notice(unsigned readiness) {
  // libmosquitto never reports a connection that is refused during the TLS handshake. It takes the
  // system's error for "try again", and the descriptor stays ready forever.
  const bool broken = (readiness & (EventLoop::kHangUp | EventLoop::kError)) != 0;
  int socket_error = 0;
  if (broken && client_->handshaking()) {
    socklen_t size = sizeof socket_error;
    ::getsockopt(client_->descriptor(), SOL_SOCKET, SO_ERROR, &socket_error, &size);
  }
  // Bytes that arrived before the server hung up are read to their end.
  if (broken || (readiness & EventLoop::kPeerClosed)) paused_ = false;
  if (!pausing()) take_in();
  if (!ended_ && broken && client_->handshaking()) {
    end(dial_error(server(), MOSQ_ERR_ERRNO, socket_error, 0));
  }
}

void MqttLink::take_in() {
  check(client_->read());
  if (ended_) return;
  if (client_->has_more()) settle_soon();

  // libmosquitto itself accepts packets of any length.
  if (client_->unfinished_bytes() > options_.max_packet_size) {
    end(Error(Errc::protocol_client, server() + " sent a packet of more than " +
                                         std::to_string(options_.max_packet_size) + " bytes"));
  }
}

// Passes waiting packets on. TLS may hold some of them back.
void MqttLink::write() {
  if (!client_ || !client_->connected()) return;
  check(client_->write());
  if (client_->holds_back()) flush_later();
}

// Flushes once for all writes of the turn, since many small writes cost the server too.
void MqttLink::flush_later() {
  if (flush_.link) return;
  flush_.link = shared_from_this();
  loop_.before_waiting(&flush_);
}

void MqttLink::flush() {
  if (!client_ || !client_->connected() || ended_) return;
  check(client_->write());
  if (!ended_ && !client_->flush()) end(drop_error(MOSQ_ERR_CONN_LOST, errno));
  if (ended_) return settle_soon();
  watch();
}

void MqttLink::watch() {
  const int fd = client_->descriptor();
  if (fd < 0) return;
  unsigned interest = client_->interest();
  if (pausing()) interest ^= EventLoop::kReadable | EventLoop::kPeerClosed;
  if (fd == watched_fd_) return loop_.change_watch(fd, interest);
  unwatch();
  loop_.watch(fd, interest, [this](unsigned readiness) { on_ready(readiness); });
  watched_fd_ = fd;
}

void MqttLink::unwatch() {
  const int fd = std::exchange(watched_fd_, -1);
  if (fd >= 0) loop_.unwatch(fd);
}

void MqttLink::arm_keep_alive() {
  const SteadyTime due = keep_alive_.due();
  if (due != kNever) keep_alive_timer_.start_at(loop_, due, [this] { ask_keep_alive(); });
}

void MqttLink::ask_keep_alive() {
  frame([&] {
    if (!usable()) return;
    const SteadyTime now = loop_.now();
    keep_alive_.note(now, client_->bytes_received(), client_->bytes_sent());
    if (now >= keep_alive_.due()) {
      if (keep_alive_.overslept(now)) return end(drop_error(MOSQ_ERR_KEEPALIVE, 0));
      check(client_->ask_keep_alive());
      if (ended_) return;
      keep_alive_.asked(now, client_->bytes_sent());
      // The answer to the ping is a packet that is not reported.
      client_->set_aside_unfinished();
    }
    arm_keep_alive();
  });
}

void MqttLink::on_puback(std::uint16_t mid) { arrivals_.note_puback(mid); }

void MqttLink::on_suback(std::uint16_t mid, bool granted) { arrivals_.note_suback(mid, granted); }

void MqttLink::on_unsuback(std::uint16_t mid) { arrivals_.note_unsuback(mid); }

void MqttLink::on_message(std::string_view topic, std::string_view payload) {
  arrivals_.note_message(topic, payload);
}

void MqttLink::tell_arrivals() {
  announce();
  arrivals_.tell([this] { return listener_; });
}

// ---- Calls of the owner.

Error MqttLink::publish(const std::string& topic, const std::string& payload, std::uint16_t& mid) {
  return send("publish", [&] { return client_->publish(topic, payload, mid); });
}

Error MqttLink::check_publish(const std::string& topic, const std::string& payload) {
  const MosquittoResult result = MosquittoClient::check_publish(topic, payload);
  return result ? Error{} : call_error("publish", result.rc, 0);
}

Error MqttLink::subscribe(const std::string& topic, std::uint16_t& mid) {
  return send("subscribe", [&] { return client_->subscribe(topic, mid); });
}

Error MqttLink::unsubscribe(const std::string& topic, std::uint16_t& mid) {
  return send("unsubscribe", [&] { return client_->unsubscribe(topic, mid); });
}

template <class Send>
Error MqttLink::send(const char* what, const Send& send) {
  assert(usable());
  const MosquittoResult result = send();
  if (!result && MosquittoClient::did_nothing(result)) {
    return call_error(what, result.rc, result.error_number);
  }
  check(result);
  after_call();
  return {};
}

void MqttLink::pause_reading(bool paused) {
  if (std::exchange(paused_, paused) == paused || state_ != State::up || ended_) return;
  after_call();
  // Data inside TLS makes no descriptor readable.
  if (!paused && client_->has_more()) settle_soon();
}

// Bytes that arrived before the server hung up are read to their end.
void MqttLink::on_tunnel_ending() {
  frame([&] { paused_ = false; });
}

void MqttLink::close() {
  if (state_ != State::up) return;
  state_ = State::closing;
  keep_alive_timer_.cancel();
  patience_.start_deadline(loop_, saturating_add(loop_.now(), options_.disconnect_timeout),
                           [this] { on_patience_lost(); });
  if (!ended_) check(client_->disconnect());
  after_call();
}

// Defers the rest, so that it is done once for all calls.
void MqttLink::after_call() {
  if (depth_ > 0) return;
  if (ended_) return settle_soon();
  flush_later();
}

void MqttLink::settle_soon() {
  soon_.start(loop_, Duration::zero(), [this] {
    frame([&] {
      if (!ended_ && !pausing() && client_->has_more()) take_in();
    });
  });
}

std::string MqttLink::server() const {
  std::string text = route_.hostname + ":" + std::to_string(route_.port);
  if (route_.needs_tunnel()) return text;
  if (state_ != State::resolving && address_ != route_.hostname) text += " (" + address_ + ")";
  return text;
}

void MqttLink::log(LogLevel level, const std::string& text) const {
  log_for(client_id_, level, "MqttTransport", text);
}

}  // namespace azure::iot::device
