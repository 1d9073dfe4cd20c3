#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/fork_guard.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../tls/tls_context.hpp"
#include "../tls/tls_reader.hpp"

struct ssl_st;

namespace azure::iot::device {

// The client side of TLS over a TCP connection, without blocking. One thread.
class TlsStream {
 public:
  enum class Outcome { done, blocked, closed, failed };

  TlsStream(std::shared_ptr<TlsContext> context, UniqueFd socket);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  // Sends close_notify if that does not block, and shuts the TCP connection down, since a forked
  // child may have a copy of the descriptor. In such a child it sends nothing.
  ~TlsStream();

  int fd() const { return socket_.get(); }
  // Begins a turn, in which this many bytes may be read from the socket. Once they have been read,
  // reading blocks.
  void let_in(std::uint64_t bytes);
  Outcome handshake();
  // Reads `got` bytes; 0 unless the outcome is `done`.
  Outcome read(std::span<char> to, std::size_t& got);
  // Writes everything or nothing. After `blocked`, the same bytes must be written again.
  Outcome write(std::string_view bytes);
  // Whether it waits for the socket to become writable instead of readable.
  bool wants_write() const;
  // As in TlsReader.
  bool has_more() const { return connection_ && reader_.has_more(); }
  // The OpenSSL error of the last failure; 0 if none is known.
  unsigned long error() const { return error_; }

 private:
  struct Free {
    void operator()(ssl_st* connection) const;
  };
  Outcome outcome_of(int result);

  std::shared_ptr<TlsContext> context_;
  UniqueFd socket_;
  TlsReader reader_;  // Outlives the connection.
  std::unique_ptr<ssl_st, Free> connection_;
  ForkGuard fork_guard_;
  unsigned long error_ = 0;
};

}  // namespace azure::iot::device
