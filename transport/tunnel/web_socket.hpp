#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/timer.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../../pipeline/result.hpp"
#include "carried_bytes.hpp"
#include "frames.hpp"
#include "route.hpp"
#include "tls_stream.hpp"
#include "upgrade.hpp"

namespace azure::iot::device {

// A WebSocket over TLS over a TCP connection, and a local socket whose bytes it carries in both
// directions, in the loop. What waits in between is bounded: the side that is too fast is not read.
// Loop's thread only.
class WebSocket {
 public:
  // The end of the local socket that is to be used, or why there is none. Told once, from another
  // piece of work.
  using Opened = std::function<void(Result<UniqueFd>)>;

  WebSocket(EventLoop& loop, std::shared_ptr<TlsContext> tls, const Route& route, UniqueFd socket,
            Opened opened);
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  // Sends what was said last, as far as that does not block.
  ~WebSocket();

  // What it waits for, for who loses patience: "the TLS handshake to end".
  std::string_view phase() const;
  const CarriedBytes& bytes() const { return bytes_; }
  // Why it ended; no error while it has not, or where the local side hung up.
  const Error& error() const { return error_; }

 private:
  enum class State { handshaking, upgrading, open, over };

  void progress();
  void shake_hands();
  void upgrade();
  void open();
  void carry();
  bool take_from_local();
  bool take_from_server();
  void write_to_server();
  void write_to_local();
  void end(Error error);
  void watch();

  long receive(std::span<char> to);
  Error why_no_handshake(TlsStream::Outcome outcome) const;
  std::string server() const;

  EventLoop& loop_;
  const Route route_;
  TlsStream tls_;
  Upgrade upgrade_;
  Opened opened_;
  State state_ = State::handshaking;
  Error error_;
  UniqueFd local_;
  Frames frames_;
  std::string head_;       // Of the answer to the upgrade, and what came behind it.
  std::string to_server_;  // Frames that TLS has not taken.
  std::string sending_;    // What TLS was given and has to be given again.
  std::string to_local_;
  CarriedBytes bytes_;
  bool server_is_over_ = false;
  bool local_is_over_ = false;
  bool watching_local_ = false;
  Timer soon_;
};

}  // namespace azure::iot::device
