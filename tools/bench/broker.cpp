#include "tools/bench/broker.hpp"

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <pwd.h>
#include <unistd.h>

#include "launcher/ports.hpp"

namespace azure::iot::device::bench {
namespace {

// Started by root, mosquitto would switch to another user, which cannot read the key.
std::string current_user() {
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : "root";
}

}  // namespace

Broker::Broker()
    : certificates_(
          simulator::make_certificates(directory_.path(), {}, simulator::ServerCertificate::good)),
      port_(simulator::find_free_port()),
      websocket_port_(simulator::find_free_port()),
      process_(IOTHUB_SIM_BROKER_DIR, directory_.path() / "mosquitto.conf",
               directory_.path() / "broker.out") {
  std::ofstream config(directory_.path() / "mosquitto.conf");
  config << "user " << current_user() << "\nallow_anonymous true\npersistence false\n"
         << "set_tcp_nodelay true\nsys_interval 0\nlog_type error\n"
         << "max_inflight_messages 0\nmax_queued_messages 0\n";
  for (const std::uint16_t port : {port_, websocket_port_}) {
    config << "listener " << port << " 127.0.0.1\ncertfile "
           << certificates_.server_certificate.string() << "\nkeyfile "
           << certificates_.server_key.string() << "\n";
  }
  // The address of the last listener. Without an IP version mosquitto would ignore it.
  config << "protocol websockets\nsocket_domain ipv4\n";
  config.close();
  process_.start();
  wait_until_it_serves(port_);
  wait_until_it_serves(websocket_port_);
}

void Broker::wait_until_it_serves(std::uint16_t port) {
  using namespace std::chrono_literals;
  for (const auto until = std::chrono::steady_clock::now() + 10s;;) {
    if (simulator::completes_tls_handshake(port, 5s)) return;
    const auto ended = process_.poll_exit();
    if (!ended && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(10ms);
      continue;
    }
    throw std::runtime_error("the broker does not serve at 127.0.0.1:" + std::to_string(port) +
                             ": " + ended.value_or("it is silent"));
  }
}

}  // namespace azure::iot::device::bench
