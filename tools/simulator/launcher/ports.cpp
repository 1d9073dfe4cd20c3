#include "launcher/ports.hpp"

#include <cerrno>
#include <memory>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

namespace {

sockaddr_in socket_address(const std::string& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  address.sin_port = htons(port);
  return address;
}

Fd tcp_socket() { return Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

// Binds as the broker does: lingering connections of an earlier run are no hindrance.
bool bind_to(const Fd& fd, sockaddr_in& address) {
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t length = sizeof address;
  return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
         getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0;
}

}  // namespace

std::uint16_t find_free_port(const std::string& at) {
  const Fd fd = tcp_socket();
  sockaddr_in address = socket_address(at, 0);
  if (!bind_to(fd, address)) {
    throw std::system_error(errno, std::generic_category(), "cannot find a free port");
  }
  return ntohs(address.sin_port);
}

bool is_port_free(std::uint16_t port, const std::string& at) {
  const Fd fd = tcp_socket();
  sockaddr_in address = socket_address(at, port);
  return bind_to(fd, address);
}

bool completes_tls_handshake(std::uint16_t port, std::chrono::milliseconds timeout,
                             const std::string& at) {
  const Fd fd = tcp_socket();
  const timeval limit{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const sockaddr_in address = socket_address(at, port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return false;
  }
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), fd.get());
  const bool done = SSL_connect(tls.get()) == 1;
  if (done) SSL_shutdown(tls.get());
  return done;
}

bool is_loopback(const std::string& address) {
  in_addr parsed{};
  return inet_pton(AF_INET, address.c_str(), &parsed) == 1 &&
         (ntohl(parsed.s_addr) >> 24) == IN_LOOPBACKNET;
}

}  // namespace azure::iot::device::simulator
