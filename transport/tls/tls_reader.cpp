#include "transport/tls/tls_reader.hpp"

#include <cerrno>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace azure::iot::device {

void TlsReader::shut() {
  connection_ = nullptr;
  limit_ = 0;
  handshaken_ = drained_ = starved_ = up_ = false;
}

void TlsReader::attach(SSL* connection) {
  connection_ = connection;
  BIO* const socket = SSL_get_rbio(connection);
  BIO_set_callback_ex(socket, around);
  BIO_set_callback_arg(socket, reinterpret_cast<char*>(this));
}

void TlsReader::let_in(std::uint64_t limit, bool handshaken) {
  limit_ = limit;
  handshaken_ = handshaken;
  drained_ = false;
}

// OpenSSL reads from the socket only if it holds no complete record. If that read returns nothing,
// the data it holds is the beginning of a record.
bool TlsReader::has_more() const {
  return connection_ && !starved_ && SSL_has_pending(connection_) == 1;
}

long TlsReader::around(BIO* socket, int operation, const char*, std::size_t room, int, long,
                       int result, std::size_t* got) {
  auto& self = *reinterpret_cast<TlsReader*>(BIO_get_callback_arg(socket));
  switch (operation) {
    case BIO_CB_READ: return self.before_read(socket, result);
    case BIO_CB_READ | BIO_CB_RETURN: return self.after_read(room, result, result > 0 ? *got : 0);
    case BIO_CB_WRITE | BIO_CB_RETURN: return self.after_write(socket, result);
    default: return result;
  }
}

long TlsReader::before_read(BIO* socket, long go_on) {
  if (!drained_ && BIO_number_read(socket) < limit_) return go_on;
  starved_ = true;
  BIO_set_retry_read(socket);
  return -1;
}

long TlsReader::after_read(std::size_t room, long result, std::size_t got) {
  starved_ = result <= 0;
  drained_ = result > 0 && got < room && handshaken_;
  return result;
}

long TlsReader::after_write(BIO* socket, int result) const {
  const bool over = up_ || !SSL_is_init_finished(connection_);
  if (result > 0 || over || BIO_should_retry(socket)) return result;
  BIO_set_retry_write(socket);
  errno = EAGAIN;
  return -1;
}

}  // namespace azure::iot::device
