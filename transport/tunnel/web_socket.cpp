#include "transport/tunnel/web_socket.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "pipeline/loop/escape.hpp"

namespace azure::iot::device {

WebSocket::WebSocket(EventLoop& loop, std::shared_ptr<TlsContext> tls, const Route& route,
                     UniqueFd socket, Opened opened, Ending ending)
    : loop_(loop),
      route_(route),
      tls_(std::move(tls), std::move(socket)),
      opened_(std::move(opened)),
      ending_(std::move(ending)) {
  opening_.emplace(loop_, tls_, route_);
  watch_server(EventLoop::kWritable);
}

WebSocket::~WebSocket() {
  if (pump_ && !fork_guard_.in_child()) pump_->finish();
  unwatch_all();
}

std::string_view WebSocket::phase() const {
  return opening_ ? opening_->phase() : "waiting for the CONNACK";
}

void WebSocket::on_server(unsigned readiness) {
  constexpr unsigned kEnds = EventLoop::kHangUp | EventLoop::kError | EventLoop::kPeerClosed;
  if (pump_ && (readiness & kEnds) != 0) pump_->note_server_hung_up();
  progress();
}

void WebSocket::on_local(unsigned readiness) {
  constexpr unsigned kEnds = EventLoop::kHangUp | EventLoop::kError;
  if (pump_ && (readiness & kEnds) != 0) pump_->note_local_hung_up();
  progress();
}

void WebSocket::progress() {
  try {
    if (opening_) go_on();
    if (pump_) carry();
    watch();
  } catch (...) {
    end_after_throw();
  }
}

void WebSocket::go_on() {
  switch (opening_->go_on()) {
    case WebSocketOpening::Phase::open: return open();
    case WebSocketOpening::Phase::failed: return end(opening_->error());
    default: return;
  }
}

void WebSocket::open() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return end(Error(Errc::connection_failed,
                     std::string("no local socket can be made: ") + std::strerror(errno)));
  }
  pump_.emplace(tls_, UniqueFd(pair[0]), opening_->take_rest());
  opening_.reset();
  const auto other = std::make_shared<UniqueFd>(pair[1]);
  answer_.start(loop_, Duration::zero(),
                [opened = std::exchange(opened_, nullptr), other] { opened(std::move(*other)); });
}

void WebSocket::carry() {
  pump_->turn();
  bytes_ = pump_->bytes();
  if (pump_->server_hung_up()) tell_ending();
  switch (pump_->ended()) {
    case WebSocketPump::Ended::no: break;
    case WebSocketPump::Ended::by_local_side: return end({});
    case WebSocketPump::Ended::by_server: {
      const int code = pump_->close_code();
      return end(Error(Errc::connection_dropped,
                       code != 0 ? route_.hostname + ":" + std::to_string(route_.port) +
                                       " closed the WebSocket (code " + std::to_string(code) + ")"
                                 : "the server, or the network, closed the connection"));
    }
  }
  if (pump_->has_more()) again_.start(loop_, Duration::zero(), [this] { progress(); });
}

void WebSocket::tell_ending() {
  if (!ending_) return;
  notice_.start(loop_, Duration::zero(), [ending = std::exchange(ending_, nullptr)] { ending(); });
}

void WebSocket::end(Error error) {
  error_ = std::move(error);
  unwatch_all();
  again_.cancel();
  opening_.reset();
  pump_.reset();  // Closes the local socket.
  if (!opened_) return tell_ending();
  answer_.start(loop_, Duration::zero(),
                [opened = std::exchange(opened_, nullptr), why = error_] { opened(why); });
}

void WebSocket::end_after_throw() noexcept {
  contain("a WebSocket", [&] {
    end(Error(opened_ ? Errc::connection_failed : Errc::connection_dropped, thrown_text()));
  });
}

void WebSocket::watch() {
  if (opening_) {
    return watch_server(EventLoop::kReadable |
                        (opening_->wants_write() ? EventLoop::kWritable : 0U));
  }
  if (!pump_) return;
  if (!pump_->server_hung_up()) {
    watch_server(EventLoop::kPeerClosed | (pump_->takes_from_server() ? EventLoop::kReadable : 0U) |
                 (pump_->has_for_server() ? EventLoop::kWritable : 0U));
  } else if (std::exchange(watching_server_, false)) {
    loop_.unwatch(tls_.fd());
  }
  if (!pump_->local_hung_up()) {
    watch_local((pump_->takes_from_local() ? EventLoop::kReadable : 0U) |
                (pump_->has_for_local() ? EventLoop::kWritable : 0U));
  } else if (std::exchange(watching_local_, false)) {
    loop_.unwatch(pump_->local());
  }
}

void WebSocket::watch_server(unsigned interest) {
  if (watching_server_) return loop_.change_watch(tls_.fd(), interest);
  loop_.watch(tls_.fd(), interest, [this](unsigned readiness) { on_server(readiness); });
  watching_server_ = true;
}

void WebSocket::watch_local(unsigned interest) {
  if (watching_local_) return loop_.change_watch(pump_->local(), interest);
  loop_.watch(pump_->local(), interest, [this](unsigned readiness) { on_local(readiness); });
  watching_local_ = true;
}

void WebSocket::unwatch_all() {
  if (std::exchange(watching_server_, false)) loop_.unwatch(tls_.fd());
  if (std::exchange(watching_local_, false)) loop_.unwatch(pump_->local());
}

}  // namespace azure::iot::device
