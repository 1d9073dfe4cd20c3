#pragma once

#include <string>

#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/support/loopback.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/test_certificates.hpp"
#include "tests/support/transport_probe.hpp"

namespace azure::iot::device::test {

inline MqttTransportConfig config_for(std::uint16_t port, const std::string& ca) {
  static int count = 0;
  MqttTransportConfig config;
  config.client_id = "client-" + std::to_string(++count);
  config.hostname = "localhost";
  config.port = port;
  config.username = "device";
  config.server_verification_cert = ca;
  return config;
}

// Made once, for tests that do not concern the server's certificate.
inline const ServerCertificate& certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

inline MqttTransportConfig config_for(const ScriptedServer& server) {
  return config_for(server.port(), certificate().ca);
}

// Answers every query with the given addresses; never if there are none.
class FixedResolver final : public Resolver {
 public:
  explicit FixedResolver(std::vector<std::string> addresses) : addresses_(std::move(addresses)) {}
  void resolve(const std::string&, Done done) override {
    if (addresses_.empty()) {
      unanswered_.push_back(std::move(done));
    } else {
      done(addresses_);
    }
  }
  void answer_at_last() {
    for (const Done& done : std::exchange(unanswered_, {})) {
      done(std::vector<std::string>{"127.0.0.1"});
    }
  }

 private:
  std::vector<std::string> addresses_;
  std::vector<Done> unanswered_;
};

// 127.0.0.1 only, so that a script sees one client where localhost has two addresses.
inline MosquittoTransportOptions quick(Duration connect_timeout = std::chrono::seconds{10}) {
  MosquittoTransportOptions options;
  options.resolver = std::make_shared<FixedResolver>(std::vector<std::string>{"127.0.0.1"});
  options.connect_timeout = connect_timeout;
  return options;
}

// This process's end of a connection to a server; -1 if there is none.
inline int socket_to(const ScriptedServer& server) {
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const bool connected = ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    if (connected && peer.sin_family == AF_INET && ntohs(peer.sin_port) == server.port()) return fd;
  }
  return -1;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

using Lines = std::vector<std::string>;

}  // namespace azure::iot::device::test
