#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include <doctest/doctest.h>

#include "broker/faults/fault_client.hpp"
#include "clients/iothub_device_client.hpp"
#include "tests/support/scripted_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// Longer than the bytes of the server, or of the client, until a message has been acknowledged.
constexpr std::size_t kLongestExchange = 4000;
constexpr std::size_t kShortestExchange = 700;

// Cuts every other connection after this many bytes of one direction, and serves those between.
class CuttingHub {
 public:
  CuttingHub(Cut how, bool sending)
      : how_(how), sending_(sending), server_([this](ScriptedConnection& client) {
          const int number = clients_++;
          if (number % 2 == 0) {
            if (sending_) {
              client.wire().cut_after_sending(at_, how_);
            } else {
              client.wire().cut_after_receiving(at_, how_);
            }
          }
          serve(client, number);
        }) {}

  void cut_at(std::size_t byte) {
    at_ = byte;
    clients_ = 0;
  }
  bool reached() const { return !whole_; }
  std::uint16_t port() const { return server_.port(); }
  const std::string& ca() const { return certificate_.ca; }

 private:
  void serve(ScriptedConnection& client, int number) {
    if (!client.accept_client(certificate_, true)) return;
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      if (type_of(packet) == PacketType::publish) client.write(puback(mid_of(packet)));
      if (type_of(packet) == PacketType::disconnect) {
        if (number == 0) whole_ = true;  // The first connection was not cut.
        return;
      }
    }
  }

  const Cut how_;
  const bool sending_;
  const ServerCertificate certificate_ = make_server_certificate();
  std::atomic<std::size_t> at_ = 0;
  std::atomic<int> clients_ = 0;
  std::atomic<bool> whole_ = false;
  ScriptedServer server_;
};

// The failures, by byte; empty if there are none.
std::string sweep(Cut how, bool sending, std::size_t step) {
  CuttingHub hub(how, sending);
  auto client = IoTHubDeviceClient::create_from_symmetric_key(
      "ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "dev1",
      {.server_verification_cert = hub.ca(), .connection_retry_interval = 1s, .port = hub.port()});
  std::size_t reached = 0;
  for (std::size_t byte = 0; byte < kLongestExchange && hub.reached(); byte += step) {
    reached = byte;
    hub.cut_at(byte);
    const std::string place = " at byte " + std::to_string(byte);
    const auto begin = std::chrono::steady_clock::now();
    const std::string outcome = outcome_of([&] { client.connect(10s); });
    if (outcome != "" && outcome != "ConnectionFailedError" &&
        outcome != "ConnectionDroppedError" && outcome != "ClientError") {
      return "connect: " + outcome + place;
    }
    // On this link, on the next dial, or on the redial.
    const std::string sent = outcome_of([&] { client.send_message("message", 20s); });
    if (!sent.empty()) return "send: " + sent + place;
    const std::string ended = outcome_of([&] { client.disconnect(10s); });
    if (!ended.empty()) return "disconnect: " + ended + place;
    if (std::chrono::steady_clock::now() - begin > 8s) return "it took too long" + place;
  }
  if (hub.reached()) return "the exchange was longer than expected";
  return reached < kShortestExchange ? "it was over at byte " + std::to_string(reached) : "";
}

void sweep_all(std::size_t step) {
  struct Sweep {
    std::string name;
    std::future<std::string> result;
  };
  std::vector<Sweep> sweeps;
  for (const bool sending : {true, false}) {
    for (const Cut how : {Cut::rst, Cut::fin}) {
      const std::string name = std::string(how == Cut::rst ? "RST" : "FIN") + " after bytes " +
                               (sending ? "of the server" : "of the client");
      sweeps.push_back({name, std::async(std::launch::async, sweep, how, sending, step)});
    }
  }
  for (Sweep& one : sweeps) {
    INFO(one.name);
    CHECK(one.result.get() == "");
  }
}

}  // namespace

TEST_CASE("Faults: a link that ends after any number of bytes ends a call, and not the client") {
  sweep_all(11);
}

TEST_CASE("Faults: nor does it end the client at any byte at all, ten thousand dials long" *
          doctest::skip()) {
  sweep_all(1);
}
