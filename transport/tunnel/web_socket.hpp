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
#include "route.hpp"
#include "tls_stream.hpp"
#include "web_socket_opening.hpp"
#include "web_socket_pump.hpp"

namespace azure::iot::device {

// A WebSocket over TLS over a TCP connection, and a local socket whose bytes it carries in both
// directions, in the loop. Loop's thread only.
class WebSocket {
 public:
  // The end of the local socket that is to be used, or why there is none. Told once, from another
  // piece of work.
  using Opened = std::function<void(Result<UniqueFd>)>;
  // The server has hung up: the bytes that it sent before are still to be read from the local
  // socket, whose end follows them. Or the local side has, and its last words have been sent. Told
  // at most once, from another piece of work.
  using Ending = std::function<void()>;

  // Throws std::system_error if the loop cannot watch the socket.
  WebSocket(EventLoop& loop, std::shared_ptr<TlsContext> tls, const Route& route, UniqueFd socket,
            Opened opened, Ending ending = {});
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  // Sends what was said last, as far as that does not block.
  ~WebSocket();

  // The state for a person who loses patience: "waiting for the TLS handshake to end".
  std::string_view phase() const;
  const CarriedBytes& bytes() const { return bytes_; }
  // Whether it has yet to send what the local side said.
  bool has_to_send() const { return pump_ && !pump_->server_hung_up(); }
  // Why it ended; no error while it has not, or where the local side hung up.
  const Error& error() const { return error_; }

 private:
  void on_server(unsigned readiness);
  void on_local(unsigned readiness);
  void progress();
  void go_on();
  void open();
  void carry();
  void tell_ending();
  void end(Error error);
  void end_after_throw() noexcept;
  void watch();
  void watch_server(unsigned interest);
  void watch_local(unsigned interest);
  void unwatch_all();

  EventLoop& loop_;
  const Route route_;
  TlsStream tls_;
  std::optional<WebSocketOpening> opening_;  // Until it is open.
  std::optional<WebSocketPump> pump_;        // While it is open.
  Opened opened_;                            // Empty once told.
  Ending ending_;                            // Empty once told.
  CarriedBytes bytes_;
  Error error_;
  bool watching_server_ = false;
  bool watching_local_ = false;
  Timer answer_;  // Tells how the opening ended.
  Timer again_;   // Takes another turn for what no descriptor reports.
  Timer notice_;  // Tells of the ending.
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
