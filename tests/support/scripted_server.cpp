#include "tests/support/scripted_server.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace azure::iot::device::test {

ScriptedServer::ScriptedServer(Script script, const ServerAddress& address)
    : script_(std::move(script)),
      ip_(address.ip),
      chosen_(address.port != 0),
      port_(address.port),
      reserved_(bound_socket()) {
  listen_again();
}

ScriptedServer::~ScriptedServer() {
  stop_listening();
  for (Client& client : served_) {
    client.connection->interrupt();
    client.thread.join();
  }
  ::close(reserved_);
}

// Several sockets may be bound to the port, and no other user can take it while one is.
int ScriptedServer::bound_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  // After another server at the same port, whose closed connections hold it for a while.
  if (chosen_) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);  // Port 0 requests any.
  ::inet_pton(AF_INET, ip_.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the test's server has no port");
  }
  port_ = ntohs(address.sin_port);
  return fd;
}

void ScriptedServer::listen_again() {
  if (fd_ >= 0) return;
  fd_ = bound_socket();
  if (::listen(fd_, 16) != 0) throw std::runtime_error("the test's server cannot listen");
  acceptor_ = std::thread([this] { accept_all(); });
}

void ScriptedServer::stop_listening() {
  if (fd_ < 0) return;
  ::shutdown(fd_, SHUT_RDWR);
  acceptor_.join();
  ::close(fd_);
  fd_ = -1;
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++clients_;
    const std::lock_guard lock(mutex_);
    forget_ended();
    Client& client = served_.emplace_back();
    client.connection = std::make_unique<ScriptedConnection>(fd);
    client.thread = std::thread([this, &client] {
      script_(*client.connection);
      client.connection->hang_up();
      client.ended = true;
    });
  }
}

// So that a server can have thousands of clients, one after the other.
void ScriptedServer::forget_ended() {
  served_.remove_if([](Client& client) {
    if (!client.ended) return false;
    client.thread.join();
    return true;
  });
}

}  // namespace azure::iot::device::test
