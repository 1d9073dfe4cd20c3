#include "transport/tunnel/web_socket_opening.hpp"

#include <utility>

#include <openssl/rand.h>

#include "pipeline/auth/base64.hpp"
#include "transport/tls/handshake_error.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

using Outcome = TlsStream::Outcome;

// A longer head is not accepted as an answer to an upgrade.
constexpr std::size_t kLongestHead = 16 * 1024;
// More than a handshake with the longest chain of certificates needs.
constexpr std::uint64_t kBytesPerTurn = 256 * 1024;

std::string random_key() {
  unsigned char bytes[16];
  RAND_bytes(bytes, sizeof bytes);
  return encode_base64({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

}  // namespace

WebSocketOpening::WebSocketOpening(const EventLoop& loop, TlsStream& tls, const Route& route)
    : loop_(loop), tls_(tls), route_(route), upgrade_(route.hostname, route.port, random_key()) {}

std::string_view WebSocketOpening::phase() const {
  return phase_ == Phase::handshaking ? "waiting for the TLS handshake to end"
                                      : "waiting for the WebSocket";
}

WebSocketOpening::Phase WebSocketOpening::go_on() {
  tls_.let_in(kBytesPerTurn);
  if (phase_ == Phase::handshaking) shake_hands();
  if (phase_ == Phase::upgrading) upgrade();
  return phase_;
}

void WebSocketOpening::shake_hands() {
  clear_verify_failure();
  const Outcome outcome = tls_.handshake();
  if (outcome == Outcome::blocked) return;
  if (outcome != Outcome::done) return fail(why_no_handshake(outcome));
  phase_ = Phase::upgrading;
  request_ = upgrade_.request();
}

Error WebSocketOpening::why_no_handshake(Outcome outcome) const {
  if (const int code = last_verify_failure()) {
    return verify_error(code, route_.hostname, loop_.wall_now());
  }
  if (outcome == Outcome::closed) {
    return Error(Errc::connection_failed,
                 server() + " closed the connection during the TLS handshake");
  }
  return handshake_error(server(), tls_.error());
}

void WebSocketOpening::upgrade() {
  // A server that refuses sends the reason before it hangs up, so a failed write is left to the
  // read.
  if (!request_.empty() && tls_.write(request_) != Outcome::blocked) request_.clear();
  char bytes[4096];
  std::size_t size = 0;
  Outcome outcome = Outcome::done;
  while (size == 0 && answer_.size() <= kLongestHead) {
    const std::size_t before = answer_.size();
    std::size_t got = 0;
    outcome = tls_.read(bytes, got);
    if (outcome != Outcome::done) break;
    answer_.append(bytes, got);
    size = Upgrade::head_size(answer_, before);
  }
  if (size > 0) {
    if (Error error = upgrade_.check(std::string_view(answer_).substr(0, size))) {
      return fail(std::move(error));
    }
    answer_.erase(0, size);
    phase_ = Phase::open;
    return;
  }
  if (outcome == Outcome::blocked) return;
  // In TLS 1.3 the refusal of a client certificate appears here.
  if (outcome == Outcome::failed) return fail(handshake_error(server(), tls_.error()));
  fail(Error(Errc::connection_failed,
             server() + " ended the connection instead of making a WebSocket of it"));
}

void WebSocketOpening::fail(Error error) {
  phase_ = Phase::failed;
  error_ = std::move(error);
}

std::string WebSocketOpening::server() const {
  return route_.hostname + ":" + std::to_string(route_.port);
}

}  // namespace azure::iot::device
