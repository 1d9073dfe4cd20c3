#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "pipeline/stages/mqtt_transport_stage.hpp"
#include "tests/support/mqtt_packets.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/test_certificates.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// A hub that ends the connection on each publish with this payload, and acknowledges all others.
class RefusingHub {
 public:
  explicit RefusingHub(std::string refused)
      : refused_(std::move(refused)),
        server_([this](ScriptedConnection& client) { script(client); }) {}

  IoTHubDeviceClient make_client() const {
    return IoTHubDeviceClient::create_from_connection_string(
        "HostName=localhost;DeviceId=dev1;SharedAccessKey=ZmFrZSBrZXkgZm9yIHRlc3Rz",
        {.server_verification_cert = certificate_.ca, .port = server_.port()});
  }
  int links() const { return server_.clients(); }
  int refusals() const { return refusals_; }
  std::vector<std::string> acknowledged() {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }

 private:
  void script(ScriptedConnection& client) {
    if (!client.accept_client(certificate_, true)) return;
    for (;;) {
      const std::string packet = client.read_packet();
      if (packet.empty()) return;
      if (type_of(packet) != PacketType::publish) continue;
      if (payload_of(packet) == refused_) {
        ++refusals_;
        return client.reset();
      }
      {
        const std::lock_guard lock(mutex_);
        acknowledged_.push_back(payload_of(packet));
      }
      client.write(puback(mid_of(packet)));
    }
  }

  const ServerCertificate certificate_ = make_server_certificate();
  const std::string refused_;
  std::atomic<int> refusals_ = 0;
  std::mutex mutex_;
  std::vector<std::string> acknowledged_;
  ScriptedServer server_;
};

}  // namespace

TEST_CASE(
    "A packet over which the hub hangs up is withdrawn in the end, and the others go through") {
  RefusingHub hub(R"("bad")");
  IoTHubDeviceClient client = hub.make_client();
  client.connect(30s);
  std::vector<std::future<void>> sends;
  const auto send = [&](std::string text) {
    sends.push_back(
        std::async(std::launch::async, [&client, text] { client.send_message(text, 60s); }));
  };
  send("before");
  auto bad = std::async(std::launch::async, [&client] {
    client.send_method_response({"1", 200, "bad"}, 60s);
  });
  for (int i = 0; i < 5; ++i) send("beside " + std::to_string(i));

  CHECK_THROWS_AS(bad.get(), ConnectionDroppedError);
  for (auto& sent : sends) CHECK_NOTHROW(sent.get());
  client.send_message("after", 60s);
  CHECK(hub.refusals() == MqttTransportStage::kMostLinks);
  CHECK(hub.links() == 1 + MqttTransportStage::kMostLinks);
  CHECK(hub.acknowledged().size() >= 7);
  CHECK(hub.acknowledged().back() == "after");
}
