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

// How a TCP connection becomes a WebSocket: the TLS handshake, then the upgrade. One thread.
class WebSocketOpening {
 public:
  WebSocketOpening(const EventLoop& loop, TlsStream& tls, const Route& route);

  enum class Phase {
    handshaking,  // -> upgrading, failed
    upgrading,    // The request goes out, or its answer is awaited. -> open, failed
    open,         // Final.
    failed,       // Final; `error` says why.
  };
  // Goes on as far as that does not block.
  Phase go_on();

  // The state for a person who loses patience: "waiting for the TLS handshake to end".
  std::string_view phase() const;
  // Whether it waits for the socket to become writable.
  bool wants_write() const { return tls_.wants_write() || !request_.empty(); }
  const Error& error() const { return error_; }
  // The bytes that came behind the answer: the first frames. Once it is open.
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
  std::string request_;  // Until TLS has taken it.
  std::string answer_;   // As far as it has come, and what came behind it.
  Error error_;
};

}  // namespace azure::iot::device
