#include "tests/support/scripted_server.hpp"

#include <stdexcept>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio source(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

SSL* new_server_side(const ServerCertificate& certificate) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  &SSL_CTX_free);
  const std::unique_ptr<X509, decltype(&X509_free)> own(
      PEM_read_bio_X509(source(certificate.certificate).get(), nullptr, nullptr, nullptr),
      &X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(source(certificate.key).get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  SSL_CTX_use_certificate(context.get(), own.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return SSL_new(context.get());
}

std::string two_bytes(std::uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::uint16_t number_at(const std::string& bytes, std::size_t position) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes.at(position)) << 8 |
                                    static_cast<unsigned char>(bytes.at(position + 1)));
}

}  // namespace

ScriptedConnection::~ScriptedConnection() {
  SSL_free(tls_);
  if (fd_ >= 0) ::close(fd_);
}

bool ScriptedConnection::start_tls(const ServerCertificate& certificate) {
  tls_ = new_server_side(certificate);
  SSL_set_fd(tls_, fd_);
  const bool done = SSL_accept(tls_) == 1;
  if (const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name)) server_name_ = name;
  ERR_clear_error();
  return done;
}

std::string ScriptedConnection::read(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto n = tls_ ? SSL_read(tls_, bytes.data() + got, static_cast<int>(size - got))
                        : ::read(fd_, bytes.data() + got, size - got);
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  ERR_clear_error();
  bytes.resize(got);
  return bytes;
}

std::string ScriptedConnection::read_packet() {
  std::string packet = read(1);
  std::size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const std::string byte = read(1);
    if (byte.empty()) return {};
    packet += byte;
    length |= static_cast<std::size_t>(byte[0] & 0x7f) << shift;
    if ((byte[0] & 0x80) == 0) break;
  }
  const std::string rest = read(length);
  return rest.size() == length ? packet + rest : std::string();
}

void ScriptedConnection::write(std::string_view bytes) {
  if (tls_) {
    SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
  } else {
    [[maybe_unused]] const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

bool ScriptedConnection::accept_client(const ServerCertificate& certificate, bool session_present) {
  if (!start_tls(certificate) || read_packet().empty()) return false;
  write(connack(0, session_present));
  return true;
}

void ScriptedConnection::wait_for_end() {
  while (!read(1).empty()) {
  }
}

void ScriptedConnection::wait_without_reading() {
  pollfd ended{fd_, POLLRDHUP, 0};
  ::poll(&ended, 1, -1);
}

void ScriptedConnection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  hang_up();
}

void ScriptedConnection::hang_up() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void ScriptedConnection::interrupt() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(fd_, 16) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the test's server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(fd_, SHUT_RDWR);
  acceptor_.join();
  ::close(fd_);
  for (Client& client : served_) {
    client.connection->interrupt();
    client.thread.join();
  }
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++clients_;
    const std::lock_guard lock(mutex_);
    Client& client = served_.emplace_back();
    client.connection = std::make_unique<ScriptedConnection>(fd);
    client.thread = std::thread([this, connection = client.connection.get()] {
      script_(*connection);
      connection->hang_up();
    });
  }
}

std::string connack(int code, bool session_present) {
  return {0x20, 2, static_cast<char>(session_present), static_cast<char>(code)};
}

std::string puback(std::uint16_t mid) { return std::string{0x40, 2} + two_bytes(mid); }

std::string suback(std::uint16_t mid, int code) {
  return std::string{static_cast<char>(0x90), 3} + two_bytes(mid) + static_cast<char>(code);
}

std::string publish_packet(std::string_view topic, std::string_view payload) {
  std::string body = two_bytes(static_cast<std::uint16_t>(topic.size()));
  body.append(topic).append(payload);
  return std::string{0x30, static_cast<char>(body.size())} + body;
}

std::uint16_t mid_of(const std::string& packet) {
  if (packet.size() < 4) return 0;
  std::size_t position = 1;
  while ((packet.at(position++) & 0x80) != 0) {
  }
  const bool is_publish = (packet[0] & 0xf0) == 0x30;
  if (is_publish) position += 2U + number_at(packet, position);
  return number_at(packet, position);
}

}  // namespace azure::iot::device::test
