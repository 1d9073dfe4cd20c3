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

// A WebSocket in TLS over a TCP connection, and a local socket. Bytes are carried between them in
// both directions, on the loop. Loop's thread only.
class WebSocket {
 public:
  // The end of the local socket for the caller, or the reason why there is none. Called once, from
  // a separate piece of work.
  using Opened = std::function<void(Result<UniqueFd>)>;
  // Called when either side has hung up. If the server did, its last bytes can still be read from
  // the local socket, and its end follows them. If the local side did, its last bytes have been
  // sent. Called at most once, from a separate piece of work.
  using Ending = std::function<void()>;

  // Throws std::system_error if the loop cannot watch the socket.
  WebSocket(EventLoop& loop, std::shared_ptr<TlsContext> tls, const Route& route, UniqueFd socket,
            Opened opened, Ending ending = {});
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  // Sends the last bytes, as far as that does not block.
  ~WebSocket();

  // The current wait as text for users: "waiting for the TLS handshake to end".
  std::string_view phase() const;
  const CarriedBytes& bytes() const { return bytes_; }
  // Whether bytes of the local side have yet to be sent.
  bool has_to_send() const { return pump_ && !pump_->server_hung_up(); }
  // The reason why it ended. No error while it is open, or if the local side hung up.
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
  Opened opened_;                            // Empty once called.
  Ending ending_;                            // Empty once called.
  CarriedBytes bytes_;
  Error error_;
  bool watching_server_ = false;
  bool watching_local_ = false;
  Timer answer_;  // Reports the outcome of the opening.
  Timer again_;   // Takes another turn for data that no descriptor reports.
  Timer notice_;  // Reports the end.
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
