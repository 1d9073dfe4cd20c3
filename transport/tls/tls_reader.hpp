#pragma once

#include <cstddef>
#include <cstdint>

struct bio_st;
struct ssl_st;

namespace azure::iot::device {

// Reads from the socket of one TLS connection on behalf of OpenSSL, within a limit, and knows
// whether there is more to read. Needed because OpenSSL and libmosquitto go on reading for as long
// as something comes: a packet of any size, from a server of any speed. One thread at a time.
class TlsReader {
 public:
  TlsReader() = default;
  TlsReader(const TlsReader&) = delete;
  TlsReader& operator=(const TlsReader&) = delete;

  // For a new connection, which is not there yet: nothing comes in before `let_in`.
  void shut();
  // Takes its place at the connection. Again and again, if need be.
  void attach(ssl_st* connection);
  // More may come in, until the connection has read so many bytes. Once the handshake is over, less
  // than was asked for means that there is no more for the moment: the read that would find that
  // out is spared.
  void let_in(std::uint64_t limit, bool handshaken);
  // Whether something waits inside that the descriptor does not report. A record that is not
  // complete is not more: the rest of it makes the descriptor readable. Only while the connection
  // exists.
  bool has_more() const;
  // The CONNACK has come. Until then a write that fails is put off: a server that refuses the
  // client's certificate says so, and hangs up while the CONNECT is on its way. libmosquitto would
  // end the connection upon that write, and never read why.
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
  bool drained_ = false;  // The socket had nothing more to give when it was last read.
  bool starved_ = false;  // OpenSSL needed more than it had, and got nothing.
  bool up_ = false;
};

}  // namespace azure::iot::device
