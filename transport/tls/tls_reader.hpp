#pragma once

#include <cstddef>
#include <cstdint>

struct bio_st;
struct ssl_st;

namespace azure::iot::device {

// Reads from the socket of one TLS connection for OpenSSL, within a limit, and knows whether more
// can be read. It is needed because OpenSSL and libmosquitto read for as long as data arrives: a
// packet of any size, from a server of any speed. One thread at a time.
class TlsReader {
 public:
  TlsReader() = default;
  TlsReader(const TlsReader&) = delete;
  TlsReader& operator=(const TlsReader&) = delete;

  // Resets for a new connection, before it exists. Nothing is read until `let_in`.
  void shut();
  // Attaches itself to the connection. May be called repeatedly.
  void attach(ssl_st* connection);
  // Lets the connection read until it has received this many bytes in all. After the handshake, a
  // read that returns fewer bytes than requested means that the socket is empty. The further read
  // that would find that out is skipped.
  void let_in(std::uint64_t limit, bool handshaken);
  // Whether OpenSSL holds data that the descriptor does not report. An incomplete record does not
  // count, since its remainder makes the descriptor readable. Only while the connection exists.
  bool has_more() const;
  // Notes that the CONNACK has arrived. Until then, a write that fails is deferred. A server that
  // refuses the client's certificate reports it and hangs up while the CONNECT is on its way. On a
  // failed write libmosquitto would end the connection without reading the reason.
  void note_up() { up_ = true; }

 private:
  static long around(bio_st* socket, int operation, const char*, std::size_t room, int, long,
                     int result, std::size_t* got);
  long before_read(bio_st* socket, long go_on);
  long after_read(std::size_t room, long result, std::size_t got);
  long after_write(bio_st* socket, int result) const;

  ssl_st* connection_ = nullptr;
  std::uint64_t limit_ = 0;
  bool handshaken_ = false;
  bool drained_ = false;  // The last read emptied the socket.
  bool starved_ = false;  // OpenSSL needed more data than it had, and got none.
  bool up_ = false;
};

}  // namespace azure::iot::device
