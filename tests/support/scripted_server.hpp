#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/test_certificates.hpp"

struct ssl_st;

namespace azure::iot::device::test {

// One connection of a ScriptedServer. Calls block until they are done, the client hangs up, or the
// server ends.
class ScriptedConnection {
 public:
  explicit ScriptedConnection(int fd) : fd_(fd) {}
  ~ScriptedConnection();

  // Handshakes as the server. False if the client hung up.
  bool start_tls(const ServerCertificate& certificate);
  // What the client named in its ClientHello; empty if nothing.
  const std::string& server_name() const { return server_name_; }

  // Exactly so many bytes; fewer if the client hangs up.
  std::string read(std::size_t size);
  // The next MQTT packet as it is on the wire; empty once the client has hung up.
  std::string read_packet();
  void write(std::string_view bytes);
  // Handshakes, reads the CONNECT and accepts it. False if the client hung up.
  bool accept_client(const ServerCertificate& certificate, bool session_present = false);
  void wait_for_end();
  // The same without reading, so that what the client sends piles up.
  void wait_without_reading();
  // Ends with RST instead of FIN.
  void reset();

  // Ends with FIN.
  void hang_up();

  // Ends what blocks. Any thread.
  void interrupt();

 private:
  std::mutex mutex_;  // Of the descriptor's end.
  int fd_;
  ssl_st* tls_ = nullptr;
  std::string server_name_;
};

// A server that does to each client what a test says, on a free port of 127.0.0.1.
//
//   ScriptedServer server([](ScriptedConnection& client) { client.reset(); });
class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedConnection&)>;
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  // How many clients have come.
  int clients() const { return clients_; }

 private:
  struct Client {
    std::unique_ptr<ScriptedConnection> connection;
    std::thread thread;
  };
  void accept_all();

  Script script_;
  int fd_;
  std::uint16_t port_ = 0;
  std::atomic<int> clients_ = 0;
  std::mutex mutex_;
  std::list<Client> served_;
  std::thread acceptor_;
};

// Packets of a server.
std::string connack(int code, bool session_present = false);
std::string puback(std::uint16_t mid);
std::string suback(std::uint16_t mid, int code);
std::string publish_packet(std::string_view topic, std::string_view payload);
// The packet identifier of a PUBLISH (QoS 1), SUBSCRIBE or UNSUBSCRIBE; 0 of a packet that
// has none.
std::uint16_t mid_of(const std::string& packet);

}  // namespace azure::iot::device::test
