#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/event_loop.hpp"
#include "route.hpp"
#include "tls_stream.hpp"
#include "upgrade.hpp"

namespace azure::iot::device {

// Opens a WebSocket over a TCP connection: the TLS handshake, then the upgrade. One thread.
class WebSocketOpening {
 public:
  WebSocketOpening(const EventLoop& loop, TlsStream& tls, const Route& route);

  enum class Phase {
    handshaking,  // -> upgrading, failed
    upgrading,    // The request is being sent, or its answer is awaited. -> open, failed
    open,         // Final.
    failed,       // Final. `error` has the reason.
  };
  // Continues as far as possible without blocking.
  Phase go_on();

  // The current wait as text for users: "waiting for the TLS handshake to end".
  std::string_view phase() const;
  // Whether it waits for the socket to become writable.
  bool wants_write() const { return tls_.wants_write() || !request_.empty(); }
  const Error& error() const { return error_; }
  // The bytes that followed the answer, which are the first frames. Only once it is open.
  std::string take_rest() { return std::move(answer_); }

 private:
  void shake_hands();
  void upgrade();
  void fail(Error error);
  Error why_no_handshake(TlsStream::Outcome outcome) const;
  std::string server() const;

  const EventLoop& loop_;
  TlsStream& tls_;
  const Route route_;
  const Upgrade upgrade_;
  Phase phase_ = Phase::handshaking;
  std::string request_;  // Until TLS has accepted it.
  std::string answer_;   // The part received so far, and any bytes that follow the answer.
  Error error_;
};

}  // namespace azure::iot::device
