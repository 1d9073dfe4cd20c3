#include "transport/tunnel/web_socket_pump.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>

namespace azure::iot::device {

using Outcome = TlsStream::Outcome;

WebSocketPump::WebSocketPump(TlsStream& tls, UniqueFd local, std::string first)
    : tls_(tls),
      local_(std::move(local)),
      frames_({.receive = [this](std::span<char> to) { return receive(to); },
               .send = [this](std::string_view bytes) { to_server_.append(bytes); },
               .on_bytes =
                   [this](std::string_view bytes) {
                     bytes_.received += bytes.size();
                     to_local_.append(bytes);
                   }}),
      first_(std::move(first)) {}

WebSocketPump::~WebSocketPump() {
  if (!fork_guard_.in_child()) ::shutdown(local_.get(), SHUT_RDWR);
}

// Serves both directions in turn, so that neither side waits for the other.
void WebSocketPump::turn() {
  constexpr std::uint64_t kBytesPerTurn = 256 * 1024;
  constexpr int kRounds = 8;
  tls_.let_in(kBytesPerTurn);
  for (int round = 0; round < kRounds; ++round) {
    const bool out = carry_out();
    const bool in = carry_in();
    if (!out && !in) return;
  }
}

bool WebSocketPump::has_more() const {
  if (local_hung_up_ && takes_from_local()) return true;
  return takes_from_server() && (server_hung_up_ || !first_.empty() || tls_.has_more());
}

void WebSocketPump::finish() {
  take_from_local();
  write_to_server();
}

void WebSocketPump::note_server_hung_up() {
  server_hung_up_ = true;
  sending_.clear();
  to_server_.clear();
}

WebSocketPump::Ended WebSocketPump::ended() const {
  if (local_is_over_ && to_server_.empty() && sending_.empty()) return Ended::by_local_side;
  if (server_is_over_ && to_local_.empty()) return Ended::by_server;
  return Ended::no;
}

// Answers to pings also wait for the server: a server that does not read them is not read either.
bool WebSocketPump::takes_from_server() const {
  return !server_is_over_ && to_local_.size() < kEnough && to_server_.size() < kEnough;
}

// Whether bytes moved and more may follow.
bool WebSocketPump::carry_out() {
  const bool any = take_from_local();
  write_to_server();
  return any && to_server_.empty() && sending_.empty();
}

bool WebSocketPump::carry_in() {
  const bool any = take_from_server();
  write_to_server();
  if (server_is_over_) note_server_hung_up();
  write_to_local();
  return any && to_local_.empty();
}

bool WebSocketPump::take_from_local() {
  bool any = false;
  char bytes[16 * 1024];
  while (takes_from_local()) {
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

bool WebSocketPump::take_from_server() {
  const std::uint64_t before = bytes_.received;
  if (takes_from_server() && !frames_.receive()) server_is_over_ = true;
  frames_.flush();  // Answers to pings.
  return bytes_.received > before;
}

// Reads for the frames.
long WebSocketPump::receive(std::span<char> to) {
  if (!first_.empty()) {
    const std::size_t size = std::min(to.size(), first_.size());
    std::memcpy(to.data(), first_.data(), size);
    first_.erase(0, size);
    return static_cast<long>(size);
  }
  if (!takes_from_server()) return 0;
  std::size_t got = 0;
  switch (tls_.read(to, got)) {
    case Outcome::done: return static_cast<long>(got);
    case Outcome::blocked: return 0;
    default: return -1;
  }
}

void WebSocketPump::write_to_server() {
  if (server_hung_up_) return note_server_hung_up();
  for (;;) {
    if (sending_.empty()) sending_.swap(to_server_);
    if (sending_.empty()) return;
    switch (tls_.write(sending_)) {
      case Outcome::done: sending_.clear(); continue;
      case Outcome::blocked: return;
      default: return note_server_hung_up();
    }
  }
}

void WebSocketPump::write_to_local() {
  std::size_t sent = 0;
  while (sent < to_local_.size()) {
    const ssize_t n = ::send(local_.get(), to_local_.data() + sent, to_local_.size() - sent,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EAGAIN || errno == EINTR) break;
    local_hung_up_ = true;
    break;
  }
  to_local_.erase(0, local_hung_up_ ? to_local_.size() : sent);
}

}  // namespace azure::iot::device
