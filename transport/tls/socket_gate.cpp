#include "transport/tls/socket_gate.hpp"

#include <cerrno>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace azure::iot::device {

void SocketGate::shut() {
  connection_ = nullptr;
  limit_ = 0;
  handshaken_ = drained_ = up_ = false;
}

void SocketGate::attach(SSL* connection) {
  connection_ = connection;
  BIO* const socket = SSL_get_rbio(connection);
  BIO_set_callback_ex(socket, around);
  BIO_set_callback_arg(socket, reinterpret_cast<char*>(this));
}

void SocketGate::let_in(std::uint64_t limit, bool handshaken) {
  limit_ = limit;
  handshaken_ = handshaken;
  drained_ = false;
}

long SocketGate::around(BIO* socket, int operation, const char*, std::size_t room, int, long,
                        int result, std::size_t* got) {
  auto& self = *reinterpret_cast<SocketGate*>(BIO_get_callback_arg(socket));
  switch (operation) {
    case BIO_CB_READ: return self.before_read(socket, result);
    case BIO_CB_READ | BIO_CB_RETURN:
      self.drained_ = result > 0 && *got < room && self.handshaken_;
      return result;
    case BIO_CB_WRITE | BIO_CB_RETURN: return self.after_write(socket, result);
    default: return result;
  }
}

long SocketGate::before_read(BIO* socket, long go_on) const {
  if (!drained_ && BIO_number_read(socket) < limit_) return go_on;
  BIO_set_retry_read(socket);
  return -1;
}

long SocketGate::after_write(BIO* socket, int result) const {
  const bool over = up_ || !SSL_is_init_finished(connection_);
  if (result > 0 || over || BIO_should_retry(socket)) return result;
  BIO_set_retry_write(socket);
  errno = EAGAIN;
  return -1;
}

}  // namespace azure::iot::device
