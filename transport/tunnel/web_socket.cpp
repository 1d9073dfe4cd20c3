#include "transport/tunnel/web_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pipeline/auth/base64.hpp"
#include "transport/tls/handshake_error.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

using Outcome = TlsStream::Outcome;

// More than this does not wait in either direction.
constexpr std::size_t kEnough = 64 * 1024;
// A head that is longer is no answer to an upgrade.
constexpr std::size_t kLongestHead = 16 * 1024;

std::string random_key() {
  unsigned char bytes[16];
  RAND_bytes(bytes, sizeof bytes);
  return encode_base64({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

}  // namespace

WebSocket::WebSocket(EventLoop& loop, std::shared_ptr<TlsContext> tls, const Route& route,
                     UniqueFd socket, Opened opened)
    : loop_(loop),
      route_(route),
      tls_(std::move(tls), std::move(socket)),
      upgrade_(route.hostname, route.port, random_key()),
      opened_(std::move(opened)),
      frames_({.receive = [this](std::span<char> to) { return receive(to); },
               .send = [this](std::string_view bytes) { to_server_.append(bytes); },
               .on_bytes =
                   [this](std::string_view bytes) {
                     bytes_.received += bytes.size();
                     to_local_.append(bytes);
                   }}) {
  loop_.watch(tls_.fd(), EventLoop::kWritable, [this](unsigned) { progress(); });
}

WebSocket::~WebSocket() {
  if (state_ == State::open) {
    take_from_local();
    write_to_server();
  }
  loop_.unwatch(tls_.fd());
  if (watching_local_) loop_.unwatch(local_.get());
}

std::string_view WebSocket::phase() const {
  switch (state_) {
    case State::handshaking: return "waiting for the TLS handshake to end";
    case State::upgrading: return "waiting for the WebSocket";
    default: return "waiting for the CONNACK";
  }
}

void WebSocket::progress() {
  if (state_ == State::handshaking) shake_hands();
  if (state_ == State::upgrading) upgrade();
  if (state_ == State::open) carry();
  watch();
}

void WebSocket::shake_hands() {
  clear_verify_failure();
  const Outcome outcome = tls_.handshake();
  if (outcome == Outcome::blocked) return;
  if (outcome != Outcome::done) return end(why_no_handshake(outcome));
  state_ = State::upgrading;
  to_server_ = upgrade_.request();
}

Error WebSocket::why_no_handshake(Outcome outcome) const {
  if (const int code = last_verify_failure()) {
    return verify_error(code, route_.hostname, loop_.wall_now());
  }
  if (outcome == Outcome::closed) {
    return Error(Errc::connection_failed,
                 server() + " closed the connection during the TLS handshake");
  }
  return handshake_error(server(), tls_.error());
}

void WebSocket::upgrade() {
  write_to_server();
  char bytes[4096];
  std::size_t size = 0;
  Outcome outcome = Outcome::done;
  while (size == 0 && head_.size() <= kLongestHead) {
    const std::size_t before = head_.size();
    std::size_t got = 0;
    outcome = tls_.read(bytes, got);
    if (outcome != Outcome::done) break;
    head_.append(bytes, got);
    size = Upgrade::head_size(head_, before);
  }
  if (size > 0) {
    if (Error error = upgrade_.check(std::string_view(head_).substr(0, size))) {
      return end(std::move(error));
    }
    head_.erase(0, size);
    return open();
  }
  if (outcome == Outcome::blocked) return;
  // A client certificate that is refused shows here, in TLS 1.3.
  if (outcome == Outcome::failed) return end(handshake_error(server(), tls_.error()));
  end(Error(Errc::connection_failed,
            server() + " ended the connection instead of making a WebSocket of it"));
}

void WebSocket::open() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return end(Error(Errc::connection_failed,
                     std::string("no local socket can be made: ") + std::strerror(errno)));
  }
  local_ = UniqueFd(pair[0]);
  state_ = State::open;
  soon_.start(loop_, Duration::zero(),
              [opened = std::exchange(opened_, nullptr),
               other = std::make_shared<UniqueFd>(pair[1])] { opened(std::move(*other)); });
}

// What can be done is done in turns, so that neither side waits for the other.
void WebSocket::carry() {
  constexpr int kTurns = 8;
  bool more = true;
  for (int turn = 0; more && turn < kTurns; ++turn) {
    const bool from_local = take_from_local();
    const bool from_server = take_from_server();
    write_to_server();
    write_to_local();
    more = (from_local && to_server_.empty() && sending_.empty()) ||
           (from_server && to_local_.empty());
  }
  if (local_is_over_ && to_server_.empty() && sending_.empty()) return end({});
  if (server_is_over_ && to_local_.empty()) {
    return end(Error(
        Errc::connection_dropped,
        frames_.close_code() != 0
            ? server() + " closed the WebSocket (code " + std::to_string(frames_.close_code()) + ")"
            : "the server, or the network, closed the connection"));
  }
  // What waits inside TLS makes no descriptor readable.
  if (to_local_.empty() && tls_.has_pending()) {
    soon_.start(loop_, Duration::zero(), [this] { progress(); });
  }
}

bool WebSocket::take_from_local() {
  bool any = false;
  char bytes[16 * 1024];
  while (!local_is_over_ && to_server_.size() < kEnough) {
    const ssize_t got = ::recv(local_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0) {
      any = true;
      bytes_.sent += static_cast<std::uint64_t>(got);
      frames_.send({bytes, static_cast<std::size_t>(got)});
      frames_.flush();
      continue;
    }
    local_is_over_ = got == 0 || (errno != EAGAIN && errno != EINTR);
    break;
  }
  return any;
}

bool WebSocket::take_from_server() {
  const std::uint64_t before = bytes_.received;
  if (!server_is_over_ && to_local_.size() < kEnough && !frames_.receive()) {
    server_is_over_ = true;
  }
  frames_.flush();  // Answers to pings.
  return bytes_.received > before;
}

// For the frames: what came behind the head of the answer first.
long WebSocket::receive(std::span<char> to) {
  if (!head_.empty()) {
    const std::size_t size = std::min(to.size(), head_.size());
    std::memcpy(to.data(), head_.data(), size);
    head_.erase(0, size);
    return static_cast<long>(size);
  }
  if (to_local_.size() >= kEnough) return 0;
  std::size_t got = 0;
  switch (tls_.read(to, got)) {
    case Outcome::done: return static_cast<long>(got);
    case Outcome::blocked: return 0;
    default: return -1;
  }
}

void WebSocket::write_to_server() {
  for (;;) {
    if (sending_.empty()) sending_.swap(to_server_);
    if (sending_.empty()) return;
    switch (tls_.write(sending_)) {
      case Outcome::done: sending_.clear(); continue;
      case Outcome::blocked: return;
      default:
        sending_.clear();
        to_server_.clear();
        server_is_over_ = true;
        return;
    }
  }
}

void WebSocket::write_to_local() {
  std::size_t sent = 0;
  while (sent < to_local_.size()) {
    const ssize_t n = ::send(local_.get(), to_local_.data() + sent, to_local_.size() - sent,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EAGAIN || errno == EINTR) break;
    local_is_over_ = true;
    sent = to_local_.size();
  }
  to_local_.erase(0, sent);
}

void WebSocket::end(Error error) {
  state_ = State::over;
  error_ = std::move(error);
  if (watching_local_) loop_.unwatch(local_.get());
  watching_local_ = false;
  local_.reset();
  if (!opened_) return;
  soon_.start(loop_, Duration::zero(),
              [opened = std::exchange(opened_, nullptr), why = error_] { opened(why); });
}

void WebSocket::watch() {
  const bool has_to_write = tls_.wants_write() || !to_server_.empty() || !sending_.empty();
  const bool may_read = to_local_.size() < kEnough && !server_is_over_;
  unsigned server =
      (may_read ? EventLoop::kReadable : 0U) | (has_to_write ? EventLoop::kWritable : 0U);
  if (state_ == State::over) server = 0;
  loop_.change_watch(tls_.fd(), server);
  if (state_ != State::open) return;
  const bool may_take = to_server_.size() < kEnough && !local_is_over_;
  const unsigned local =
      (may_take ? EventLoop::kReadable : 0U) | (to_local_.empty() ? 0U : EventLoop::kWritable);
  if (watching_local_) return loop_.change_watch(local_.get(), local);
  loop_.watch(local_.get(), local, [this](unsigned) { progress(); });
  watching_local_ = true;
}

std::string WebSocket::server() const {
  return route_.hostname + ":" + std::to_string(route_.port);
}

}  // namespace azure::iot::device
