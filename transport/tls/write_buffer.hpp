#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct bio_st;
struct ssl_st;

namespace azure::iot::device {

// Stands between TLS and the socket of one connection, and holds back what is written until
// `flush`: many small records then cost one system call. What it holds lies in a buffer that all
// connections of a thread share, so that one that is idle needs none; who is given the buffer while
// somebody else's bytes are in it has them sent first. What the socket does not take is kept here,
// and until it is gone nothing more is accepted. One thread.
class WriteBuffer {
 public:
  WriteBuffer() = default;
  WriteBuffer(const WriteBuffer&) = delete;
  WriteBuffer& operator=(const WriteBuffer&) = delete;
  ~WriteBuffer();

  // From now on the connection writes through this, until it is freed. Not twice at a time. False
  // if memory has run out: it writes as before.
  bool attach(ssl_st* connection);
  // From now on what is written goes out at once, or has to be written again. For the last words:
  // what is held when the connection is freed, and the socket does not take, is lost.
  void pass_on() { passes_on_ = true; }
  // Nothing more is sent, not even what is held.
  void keep_silent() { silent_ = true; }

  // Sends what is held, as far as the socket takes it. False once the connection is broken.
  bool flush();
  // How much is held.
  std::size_t size() const;
  // The socket has not taken everything: flush again when it can be written to.
  bool blocked() const { return !backlog_.empty(); }

 private:
  struct Method;  // What OpenSSL calls.
  class Shared;

  int write_or_break(std::string_view bytes) noexcept;
  int write(std::string_view bytes);
  void keep_rest(std::string_view rest) noexcept;
  std::size_t send(std::string_view bytes);
  void detach();

  bio_st* bio_ = nullptr;
  std::string backlog_;
  bool broken_ = false;
  bool silent_ = false;
  bool passes_on_ = false;
};

}  // namespace azure::iot::device
