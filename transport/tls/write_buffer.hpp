#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct bio_st;
struct ssl_st;

namespace azure::iot::device {

// Holds back the output of one TLS connection until `flush`, so that many small records cost one
// system call. It sits between TLS and the socket. The held bytes lie in a buffer that all
// connections of a thread share, so an idle connection needs none. Before a connection takes the
// buffer, another connection's bytes in it are sent. Bytes that the socket does not accept are kept
// here, and nothing more is accepted until they have been sent. One thread.
class WriteBuffer {
 public:
  WriteBuffer() = default;
  WriteBuffer(const WriteBuffer&) = delete;
  WriteBuffer& operator=(const WriteBuffer&) = delete;
  ~WriteBuffer();

  // Routes the connection's output through this buffer until the connection is freed. Only one
  // connection at a time. Returns false if memory has run out; the connection then writes as
  // before.
  bool attach(ssl_st* connection);
  // From now on each write is sent at once, or has to be repeated. Meant for the last bytes of a
  // connection: bytes held when the connection is freed are lost if the socket does not accept
  // them.
  void pass_on() { passes_on_ = true; }
  // Sends nothing more, not even the bytes that are held.
  void keep_silent() { silent_ = true; }

  // Sends the held bytes as far as the socket accepts them. False if the connection is broken.
  bool flush();
  // The number of bytes held.
  std::size_t size() const;
  // Whether the socket has not accepted everything. If so, flush again once it is writable.
  bool blocked() const { return !backlog_.empty(); }

 private:
  struct Method;  // The BIO callbacks for OpenSSL.
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
