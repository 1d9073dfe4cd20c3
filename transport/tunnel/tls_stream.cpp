#include "transport/tunnel/tls_stream.hpp"

#include <algorithm>
#include <climits>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace azure::iot::device {

void TlsStream::Free::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsStream::TlsStream(std::shared_ptr<TlsContext> context, UniqueFd socket)
    : context_(std::move(context)),
      socket_(std::move(socket)),
      connection_(SSL_new(context_->native())) {
  if (!connection_) return;
  if (SSL_set_fd(connection_.get(), socket_.get()) != 1) {
    connection_.reset();
    return;
  }
  SSL_set_mode(connection_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  reader_.attach(connection_.get());
  reader_.note_up();
}

TlsStream::~TlsStream() {
  const bool is_copy = fork_guard_.in_child();
  if (connection_ && SSL_is_init_finished(connection_.get()) && error_ == 0 && !is_copy) {
    ERR_clear_error();
    SSL_shutdown(connection_.get());
  }
  connection_.reset();
  if (!is_copy) ::shutdown(socket_.get(), SHUT_RDWR);
  ERR_clear_error();
}

void TlsStream::let_in(std::uint64_t bytes) {
  if (!connection_) return;
  reader_.let_in(BIO_number_read(SSL_get_rbio(connection_.get())) + bytes,
                 SSL_is_init_finished(connection_.get()) == 1);
}

TlsStream::Outcome TlsStream::handshake() {
  if (!connection_) return Outcome::failed;
  ERR_clear_error();
  return outcome_of(SSL_connect(connection_.get()));
}

TlsStream::Outcome TlsStream::read(std::span<char> to, std::size_t& got) {
  got = 0;
  ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(to.size(), INT_MAX));
  const int result = SSL_read(connection_.get(), to.data(), size);
  if (result > 0) got = static_cast<std::size_t>(result);
  return outcome_of(result);
}

TlsStream::Outcome TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  return outcome_of(SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size())));
}

bool TlsStream::wants_write() const { return connection_ && SSL_want_write(connection_.get()); }

TlsStream::Outcome TlsStream::outcome_of(int result) {
  if (result > 0) return Outcome::done;
  switch (SSL_get_error(connection_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: ERR_clear_error(); return Outcome::blocked;
    case SSL_ERROR_ZERO_RETURN: return Outcome::closed;
    default:
      error_ = ERR_peek_error();
      ERR_clear_error();
      // No close_notify: the server or the network broke the connection.
      if (error_ == 0 || ERR_GET_REASON(error_) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return Outcome::closed;
      }
      return Outcome::failed;
  }
}

}  // namespace azure::iot::device
