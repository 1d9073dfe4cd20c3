#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../tls/tls_context.hpp"

struct ssl_st;

namespace azure::iot::device {

// TLS over a TCP connection, as its client, without blocking. One thread.
class TlsStream {
 public:
  enum class Outcome { done, blocked, closed, failed };

  TlsStream(std::shared_ptr<TlsContext> context, UniqueFd socket);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  // Says farewell as far as that does not block.
  ~TlsStream();

  int fd() const { return socket_.get(); }
  Outcome handshake();
  // `got` bytes, 0 unless done.
  Outcome read(std::span<char> to, std::size_t& got);
  // All of it or nothing; after `blocked` the same bytes have to come again.
  Outcome write(std::string_view bytes);
  // Whether it waits for the socket to become writable, and not readable.
  bool wants_write() const;
  // Whether something waits inside that makes no descriptor readable.
  bool has_pending() const;
  // The OpenSSL error of what failed last; 0 if none is known.
  unsigned long error() const { return error_; }

 private:
  struct Free {
    void operator()(ssl_st* connection) const;
  };
  Outcome outcome_of(int result);

  std::shared_ptr<TlsContext> context_;
  UniqueFd socket_;
  std::unique_ptr<ssl_st, Free> connection_;
  unsigned long error_ = 0;
};

}  // namespace azure::iot::device
