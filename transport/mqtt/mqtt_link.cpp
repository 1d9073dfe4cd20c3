#include "transport/mqtt/mqtt_link.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

#include <mosquitto.h>
#include <sys/socket.h>

#include "pipeline/log.hpp"
#include "transport/mqtt/mosquitto_errors.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

std::string seconds_text(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  std::string text = std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 != 0) text += "." + std::to_string(milliseconds % 1000 / 100);
  return text + " s";
}

}  // namespace

// Where a resolver's thread leaves its answer. Outlives the link, and the loop, if need be.
struct MqttLink::Lookup {
  std::mutex mutex;
  EventLoop* loop = nullptr;  // Null once nobody waits for the answer.
  std::weak_ptr<MqttLink> link;

  ~Lookup() = default;
  void abandon() {
    const std::lock_guard lock(mutex);
    loop = nullptr;
  }
};

Result<std::shared_ptr<MqttLink>> MqttLink::create(EventLoop& loop,
                                                   const MqttTransportConfig& config,
                                                   const MosquittoTransportOptions& options,
                                                   MqttLinkListener& listener) {
  std::shared_ptr<MqttLink> link(new MqttLink(loop, config, options, listener));
  auto tls = TlsContext::get({config.hostname, config.server_verification_cert});
  if (!tls) return tls.error();
  link->tls_ = *std::move(tls);
  if (Error error = link->forget_messages()) return error;
  return link;
}

MqttLink::MqttLink(EventLoop& loop, const MqttTransportConfig& config,
                   const MosquittoTransportOptions& options, MqttLinkListener& listener)
    : loop_(loop),
      client_id_(config.client_id),
      hostname_(config.hostname),
      port_(config.port),
      username_(config.username),
      interval_(KeepAlive::supported(config.keep_alive)),
      options_(options),
      listener_(&listener),
      keep_alive_(interval_) {}

MqttLink::~MqttLink() { tear_down(); }

Error MqttLink::forget_messages() {
  assert(state_ == State::down);
  auto fresh = MosquittoClient::create(client_id_, tls_, *this);
  if (!fresh) {
    return Error(Errc::connection_failed,
                 std::string("libmosquitto made no client: ") + std::strerror(errno));
  }
  client_ = std::move(fresh);
  return {};
}

// ---- From down to up.

void MqttLink::open(std::optional<std::string> password) {
  assert(state_ == State::down);
  attempt_.emplace(std::move(password), saturating_add(loop_.now(), options_.connect_timeout));
  state_ = State::resolving;
  patience_.start_at(loop_, attempt_->deadline(), [this] { on_patience_lost(); });
  look_up();
}

void MqttLink::look_up() {
  lookup_ = std::make_shared<Lookup>();
  lookup_->loop = &loop_;
  lookup_->link = weak_from_this();
  const auto done = [lookup = lookup_](Resolver::Answer answer) {
    const std::lock_guard lock(lookup->mutex);
    if (!lookup->loop) return;
    lookup->loop->post([lookup, answer = std::move(answer)]() mutable {
      const auto link = lookup->link.lock();
      if (link && link->lookup_ == lookup) link->on_resolved(std::move(answer));
    });
  };
  if (is_ip_address(hostname_)) return done(std::vector<std::string>{hostname_});
  options_.resolver->resolve(hostname_, done);
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

void MqttLink::dial_next() {
  state_ = State::dialling;
  SteadyTime until;
  address_ = attempt_->next(loop_.now(), until);
  dialled_at_ = loop_.now();
  patience_.start_at(loop_, until, [this] { on_patience_lost(); });
  packets_ = client_->packets_received();
  bytes_at_packet_ = 0;
  log(LogLevel::info, "dialling " + server());

  clear_verify_failure();
  const MosquittoResult result = client_->dial(address_, port_, static_cast<int>(interval_.count()),
                                               {username_.c_str(), attempt_->password()});
  dial_errno_ = result.error_number;
  check(result);
  if (ended_) return;
  try {
    watch();
  } catch (const std::system_error& error) {
    end(Error(Errc::connection_failed, error.what()));
  }
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
  patience_.cancel();
  attempt_.reset();
  keep_alive_.start(loop_.now(), client_->bytes_received(), client_->bytes_sent());
  arm_keep_alive();
  log(LogLevel::info, "connected to " + server());
  listener_->on_link_up(session_present);
}

std::string MqttLink::phase() const {
  if (state_ == State::resolving) return "waiting for the name to be resolved";
  if (client_->bytes_sent() == 0) return "waiting for the TCP connection";
  if (client_->handshaking()) return "waiting for the TLS handshake to end";
  return "waiting for the CONNACK";
}

void MqttLink::on_patience_lost() {
  frame([&] {
    if (state_ == State::closing) return end({});
    const SteadyTime since =
        state_ == State::resolving ? attempt_->deadline() - options_.connect_timeout : dialled_at_;
    end(Error(Errc::connection_failed,
              "no connection to " + server() + " within " + seconds_text(loop_.now() - since) +
                  ": still " + phase() + "; check the network, the port and the firewall"));
  });
}

// ---- While there is a socket.

// Something from outside: the socket, a timer, the resolver. What it tells may use this link, or
// let go of it.
template <class Body>
void MqttLink::frame(const Body& body) {
  const auto self = shared_from_this();
  ++depth_;
  body();
  announce();
  if (!ended_) flush();
  --depth_;
  settle();
}

void MqttLink::on_ready(unsigned readiness) {
  frame([&] {
    // A connection that is refused during the TLS handshake is never reported by libmosquitto: it
    // takes the system's error for "try again", and the descriptor stays ready for ever.
    const bool broken = (readiness & (EventLoop::kHangUp | EventLoop::kError)) != 0;
    int socket_error = 0;
    if (broken && client_->handshaking()) {
      socklen_t size = sizeof socket_error;
      ::getsockopt(client_->fd(), SOL_SOCKET, SO_ERROR, &socket_error, &size);
      if (socket_error == 0) socket_error = dial_errno_;
    }
    take_in();
    if (!ended_ && broken && client_->handshaking()) {
      end(dial_error(server(), MOSQ_ERR_ERRNO, socket_error, 0));
    }
  });
}

void MqttLink::take_in() {
  if (state_ == State::dialling) clear_verify_failure();
  check(client_->read());
  if (ended_) return;
  if (client_->has_more()) settle_soon();

  // libmosquitto takes a packet of any length.
  const std::uint64_t bytes = client_->bytes_received();
  if (packets_ != client_->packets_received()) {
    packets_ = client_->packets_received();
    bytes_at_packet_ = bytes;
  } else if (bytes - bytes_at_packet_ > options_.max_packet_size) {
    end(Error(Errc::protocol_client, server() + " sent a packet of more than " +
                                         std::to_string(options_.max_packet_size) + " bytes"));
  }
}

void MqttLink::flush() {
  if (client_ && client_->fd() >= 0) check(client_->write());
}

void MqttLink::watch() {
  const int fd = client_->fd();
  if (fd < 0) return;
  if (fd == watched_fd_) return loop_.change_watch(fd, client_->interest());
  unwatch();
  loop_.watch(fd, client_->interest(), [this](unsigned readiness) { on_ready(readiness); });
  watched_fd_ = fd;
}

void MqttLink::unwatch() {
  const int fd = std::exchange(watched_fd_, -1);
  // After a fork the registration is shared with the parent, who needs it.
  if (fd >= 0 && !fork_guard_.in_child()) loop_.unwatch(fd);
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
      // The answer to the ping is a packet that is not told.
      bytes_at_packet_ = client_->bytes_received();
    }
    arm_keep_alive();
  });
}

void MqttLink::on_puback(std::uint16_t mid) {
  announce();
  if (listener_) listener_->on_puback(mid);
}

void MqttLink::on_suback(std::uint16_t mid, bool granted) {
  announce();
  if (listener_) listener_->on_suback(mid, granted);
}

void MqttLink::on_unsuback(std::uint16_t mid) {
  announce();
  if (listener_) listener_->on_unsuback(mid);
}

void MqttLink::on_message(std::string_view topic, std::string_view payload) {
  announce();
  if (listener_) listener_->on_message(topic, payload);
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

void MqttLink::close() {
  if (state_ != State::up) return;
  state_ = State::closing;
  keep_alive_timer_.cancel();
  patience_.start(loop_, options_.disconnect_timeout, [this] { on_patience_lost(); });
  if (!ended_) check(client_->disconnect());
  after_call();
}

// Inside a frame the rest is done at its end.
void MqttLink::after_call() {
  if (depth_ > 0) return;
  if (!ended_) flush();
  if (ended_) return settle_soon();
  watch();
}

void MqttLink::settle_soon() {
  soon_.start(loop_, Duration::zero(), [this] {
    frame([&] {
      if (!ended_ && client_->has_more()) take_in();
    });
  });
}

// ---- The end of a connection.

// After each call on libmosquitto.
void MqttLink::check(const MosquittoResult& result) {
  if (ended_ || (result && client_->fd() >= 0)) return;
  const bool dialling = state_ == State::dialling && !to_announce_;
  end(dialling ? dial_failure(result) : drop_error(result.rc, result.error_number));
}

Error MqttLink::dial_failure(const MosquittoResult& result) const {
  if (const int code = last_verify_failure()) {
    return verify_error(code, hostname_, loop_.wall_now());
  }
  return dial_error(server(), result.rc, result.error_number, client_->openssl_error());
}

void MqttLink::end(Error error) {
  if (!ended_) ended_ = std::move(error);
  unwatch();
}

void MqttLink::on_closed() { unwatch(); }

void MqttLink::settle() {
  if (!listener_) return tear_down();
  while (ended_) {
    const Error error = *std::exchange(ended_, std::nullopt);
    client_->close();
    to_announce_.reset();
    if (state_ == State::resolving || state_ == State::dialling) {
      log(LogLevel::warning, "not connected: " + error.describe());
      if (attempt_->try_next_after(error)) {
        dial_next();
        continue;
      }
      const Error summary = attempt_->summary();
      go_down();
      return listener_->on_link_failed(summary);
    }
    const bool asked_for = state_ == State::closing;
    log(asked_for ? LogLevel::info : LogLevel::warning,
        asked_for ? "disconnected" : "connection lost: " + error.describe());
    go_down();
    return listener_->on_link_down(asked_for ? Error{} : error);
  }
  if (client_->fd() < 0) return;
  keep_alive_.note(loop_.now(), client_->bytes_received(), client_->bytes_sent());
  watch();
}

void MqttLink::go_down() {
  state_ = State::down;
  if (lookup_) std::exchange(lookup_, nullptr)->abandon();
  attempt_.reset();
  patience_.cancel();
  soon_.cancel();
  keep_alive_timer_.cancel();
}

void MqttLink::cancel() {
  if (state_ != State::resolving && state_ != State::dialling) return;
  log(LogLevel::info, "gave up connecting to " + server());
  unwatch();
  client_->close();
  ended_.reset();
  go_down();
}

void MqttLink::abandon() {
  listener_ = nullptr;
  if (depth_ == 0) tear_down();
}

void MqttLink::tear_down() {
  if (!client_) return;
  if (fork_guard_.in_child()) {
    client_->keep_silent();
  } else if (usable()) {
    client_->disconnect();
    flush();
  }
  unwatch();
  client_.reset();
  ended_.reset();
  go_down();
}

// ----

std::string MqttLink::server() const {
  std::string text = hostname_ + ":" + std::to_string(port_);
  if (state_ != State::resolving && address_ != hostname_) text += " (" + address_ + ")";
  return text;
}

void MqttLink::log(LogLevel level, const std::string& text) const {
  log_for(client_id_, level, "MqttTransport", text);
}

}  // namespace azure::iot::device
