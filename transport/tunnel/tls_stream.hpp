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

// TLS over a TCP connection, as its client, without blocking. One thread.
class TlsStream {
 public:
  enum class Outcome { done, blocked, closed, failed };

  TlsStream(std::shared_ptr<TlsContext> context, UniqueFd socket);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  // Says farewell as far as that does not block, and ends the TCP connection also where a forked
  // child has a copy of the descriptor. In such a child nothing is sent.
  ~TlsStream();

  int fd() const { return socket_.get(); }
  // Begins a turn, in which so many bytes may come from the socket. Once they have come, reading
  // blocks.
  void let_in(std::uint64_t bytes);
  Outcome handshake();
  // `got` bytes, 0 unless done.
  Outcome read(std::span<char> to, std::size_t& got);
  // All of it or nothing; after `blocked` the same bytes have to come again.
  Outcome write(std::string_view bytes);
  // Whether it waits for the socket to become writable, and not readable.
  bool wants_write() const;
  // As in TlsReader.
  bool has_more() const { return connection_ && reader_.has_more(); }
  // The OpenSSL error of what failed last; 0 if none is known.
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
