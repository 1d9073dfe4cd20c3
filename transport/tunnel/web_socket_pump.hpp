#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "../../pipeline/loop/unique_fd.hpp"
#include "carried_bytes.hpp"
#include "frames.hpp"
#include "tls_stream.hpp"

namespace azure::iot::device {

// Carries bytes between an open WebSocket and a local socket, in both directions. The bytes that
// wait in between are bounded: the side that is too fast is not read. So is the work of a turn, by
// bytes and by frames. Whoever owns it watches both descriptors. One thread.
class WebSocketPump {
 public:
  // `first` came from the server with the answer to the upgrade.
  WebSocketPump(TlsStream& tls, UniqueFd local, std::string first);
  // Ends the local connection also where a forked child has a copy of its descriptor.
  ~WebSocketPump();
  WebSocketPump(const WebSocketPump&) = delete;
  WebSocketPump& operator=(const WebSocketPump&) = delete;

  // Moves what can be moved.
  void turn();
  // Whether another turn would move more although no descriptor becomes ready.
  bool has_more() const;
  // Sends the last words of the local side, as far as that does not block.
  void finish();

  // The server sends nothing after what it has sent, and reads nothing more. Its descriptor must
  // not be watched any more: an end is reported again and again.
  void note_server_hung_up();
  bool server_hung_up() const { return server_hung_up_; }
  // The same of the local side. The words that it said before are still passed on.
  void note_local_hung_up() { local_hung_up_ = true; }
  bool local_hung_up() const { return local_hung_up_; }

  enum class Ended { no, by_local_side, by_server };
  // Whether a side has ended, and everything that it said has been passed on.
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
  // More than this does not wait in either direction.
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
  std::string first_;      // Came before all that TLS still has.
  std::string to_server_;  // Frames that TLS has not taken.
  std::string sending_;    // What TLS was given and has to be given again.
  std::string to_local_;
  CarriedBytes bytes_;
  bool server_hung_up_ = false;
  bool server_is_over_ = false;  // Nothing more comes out of TLS or the frames.
  bool local_hung_up_ = false;
  bool local_is_over_ = false;  // Nothing more comes from it.
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
