#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "../../pipeline/loop/unique_fd.hpp"
#include "carried_bytes.hpp"
#include "frames.hpp"
#include "tls_stream.hpp"

namespace azure::iot::device {

// Carries bytes between an open WebSocket and a local socket, in both directions. Buffers are
// bounded: a side that is too fast is not read. The work of a turn is bounded as well, by bytes and
// by frames. The owner watches both descriptors. One thread.
class WebSocketPump {
 public:
  // `first` holds the bytes that followed the answer to the upgrade.
  WebSocketPump(TlsStream& tls, UniqueFd local, std::string first);
  // Shuts the local connection down, since a forked child may have a copy of its descriptor.
  ~WebSocketPump();
  WebSocketPump(const WebSocketPump&) = delete;
  WebSocketPump& operator=(const WebSocketPump&) = delete;

  // Moves as many bytes as the limits allow.
  void turn();
  // Whether another turn would move more although no descriptor becomes ready.
  bool has_more() const;
  // Sends the last bytes of the local side, as far as that does not block.
  void finish();

  // Notes that the server has hung up: it sends and reads nothing more. Unwatch its descriptor
  // then, since the event loop reports the hang-up repeatedly.
  void note_server_hung_up();
  bool server_hung_up() const { return server_hung_up_; }
  // Notes that the local side has hung up. Its earlier bytes are still passed on.
  void note_local_hung_up() { local_hung_up_ = true; }
  bool local_hung_up() const { return local_hung_up_; }

  enum class Ended { no, by_local_side, by_server };
  // Whether a side has ended and all its bytes have been passed on.
  Ended ended() const;
  // As in Frames.
  int close_code() const { return frames_.close_code(); }

  int local() const { return local_.get(); }
  bool takes_from_local() const { return !local_is_over_ && to_server_.size() < kEnough; }
  bool takes_from_server() const;
  bool has_for_local() const { return !to_local_.empty(); }
  bool has_for_server() const {
    return tls_.wants_write() || !to_server_.empty() || !sending_.empty();
  }
  const CarriedBytes& bytes() const { return bytes_; }

 private:
  // The limit of the bytes that wait in either direction.
  static constexpr std::size_t kEnough = 64 * 1024;

  bool carry_out();
  bool carry_in();
  bool take_from_local();
  bool take_from_server();
  void write_to_server();
  void write_to_local();
  long receive(std::span<char> to);

  TlsStream& tls_;
  UniqueFd local_;
  Frames frames_;
  std::string first_;      // Precedes the bytes that TLS still holds.
  std::string to_server_;  // Frames that TLS has not accepted.
  std::string sending_;    // Given to TLS, and to be given again unchanged.
  std::string to_local_;
  CarriedBytes bytes_;
  bool server_hung_up_ = false;
  bool server_is_over_ = false;  // Neither TLS nor the frames yield more.
  bool local_hung_up_ = false;
  bool local_is_over_ = false;  // No more bytes come from it.
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
