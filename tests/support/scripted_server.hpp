#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/mqtt_packets.hpp"
#include "tests/support/scripted_connection.hpp"

namespace azure::iot::device::test {

// The address of a server. Port 0 requests a free one.
struct ServerAddress {
  std::string ip = "127.0.0.1";
  std::uint16_t port = 0;
};

// A server that does to each client what a test says.
//
//   ScriptedServer server([](ScriptedConnection& client) { client.reset(); });
class ScriptedServer {
 public:
  // Runs on a thread of its own for each client; the connection ends when it returns.
  using Script = std::function<void(ScriptedConnection&)>;
  // Throws std::runtime_error if the address is taken.
  explicit ScriptedServer(Script script, const ServerAddress& address = {});
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  // The number of clients so far.
  int clients() const { return clients_; }

  // Stops answering new clients, as a firewall does that drops packets.
  void drop_packets() { drop_what_comes_for(fd_); }
  void let_packets_through() { let_through_what_comes_for(fd_); }
  // Stops listening; the connections stay.
  void stop_listening();
  void listen_again();

 private:
  struct Client {
    std::unique_ptr<ScriptedConnection> connection;
    std::thread thread;
    std::atomic<bool> ended = false;
  };
  int bound_socket();
  void accept_all();
  void forget_ended();

  Script script_;
  const std::string ip_;
  const bool chosen_;  // The port.
  std::uint16_t port_;
  int reserved_;  // Never listens.
  int fd_ = -1;
  std::atomic<int> clients_ = 0;
  std::mutex mutex_;
  std::list<Client> served_;
  std::thread acceptor_;
};

}  // namespace azure::iot::device::test
