#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include "broker/clients/hub_device.hpp"
#include "clients/detail/client_config.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "clients/iothub_device_client.hpp"
#include "pipeline/loop/unique_fd.hpp"
#include "pipeline/retry_policy.hpp"
#include "tests/support/scripted_server.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// A hub that loses its links at random, before or after an acknowledgement, and records the
// messages.
class UnsteadyHub {
 public:
  explicit UnsteadyHub(unsigned seed)
      : random_(seed), server_([this](ScriptedConnection& client) { script(client); }) {}

  std::string connection_string() const {
    return "HostName=localhost;DeviceId=dev1;SharedAccessKey=ZmFrZSBrZXkgZm9yIHRlc3Rz";
  }
  std::uint16_t port() const { return server_.port(); }
  const std::string& ca() const { return certificate_.ca; }
  int links() const { return server_.clients(); }
  // In order of arrival; `again` marks MQTT duplicates.
  struct Arrival {
    std::string payload;
    bool again;
  };
  std::vector<Arrival> arrivals() {
    const std::lock_guard lock(mutex_);
    return arrivals_;
  }

 private:
  unsigned pick(unsigned below) {
    const std::lock_guard lock(mutex_);
    return random_() % below;
  }

  void script(ScriptedConnection& client) {
    if (pick(8) == 0) return client.reset();
    if (!client.accept_client(certificate_, true)) return;
    for (unsigned left = 1 + pick(40); left > 0; --left) {
      const std::string packet = client.read_packet();
      if (packet.empty()) return;
      if (type_of(packet) == PacketType::disconnect) return;
      if (type_of(packet) != PacketType::publish) continue;
      {
        const std::lock_guard lock(mutex_);
        arrivals_.push_back({payload_of(packet), is_sent_again(packet)});
      }
      if (left > 1 || pick(2) == 0) client.write(puback(mid_of(packet)));
    }
    if (pick(2) == 0) return client.reset();
    client.wire().cut(Cut::fin);
  }

  const ServerCertificate certificate_ = make_server_certificate();
  std::mutex mutex_;
  std::mt19937 random_;
  std::vector<Arrival> arrivals_;
  ScriptedServer server_;
};

// The position of each payload's first arrival, and its number of arrivals.
struct Seen {
  std::size_t first = 0;
  int times = 0;
};

}  // namespace

TEST_CASE(
    "Delivery: over links that break at random, what was acknowledged has arrived, in order") {
  constexpr int kSenders = 3;
  constexpr int kMessages = 150;
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  UnsteadyHub hub(seed);
  auto client = IoTHubDeviceClient::create_from_connection_string(
      hub.connection_string(),
      {.server_verification_cert = hub.ca(),
       .port = hub.port(),
       .retry_policy = std::make_shared<FixedInterval>(1s)});  // At once, despite many losses.
  std::atomic<int> failures = 0;
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kMessages;) {
        try {
          client.send_message(std::to_string(sender) + ":" + std::to_string(i), 60s);
          ++i;
        } catch (const IotError&) {
          ++failures;  // Its own connect failed: the same message again.
        }
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  client.shutdown();

  std::map<std::string, Seen> seen;
  const auto arrivals = hub.arrivals();
  int repeated = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    Seen& payload = seen.try_emplace(arrivals[i].payload, Seen{i, 0}).first->second;
    if (payload.times++ > 0 && !arrivals[i].again) ++repeated;
  }
  // Only messages that the application itself sent again arrive twice without being marked.
  CHECK(repeated <= failures);
  for (int sender = 0; sender < kSenders; ++sender) {
    std::size_t last = 0;
    for (int i = 0; i < kMessages; ++i) {
      const auto found = seen.find(std::to_string(sender) + ":" + std::to_string(i));
      REQUIRE(found != seen.end());
      CHECK(found->second.first >= last);
      last = found->second.first;
    }
  }
  MESSAGE(arrivals.size() << " arrivals of " << kSenders * kMessages << " messages over "
                          << hub.links() << " links");
}

TEST_CASE("Delivery: a full window holds back what is more, and lets it go in order") {
  constexpr std::size_t kWindow = 4;
  constexpr std::size_t kMessages = 12;
  const ServerCertificate certificate = make_server_certificate();
  std::mutex mutex;
  std::vector<std::string> arrived;
  const UniqueFd opened(::eventfd(0, EFD_CLOEXEC));
  ScriptedServer server([&](ScriptedConnection& client) {
    if (!client.accept_client(certificate, true)) return;
    std::string pubacks;
    bool window_opened = false;
    for (;;) {
      // Until then the hub reads everything and acknowledges nothing.
      if (!window_opened && !client.wait_to_read(opened.get())) {
        window_opened = true;
        client.write(pubacks);
      }
      const std::string packet = client.read_packet();
      if (packet.empty()) return;
      if (type_of(packet) != PacketType::publish) continue;
      const std::lock_guard lock(mutex);
      arrived.push_back(payload_of(packet));
      if (window_opened) {
        client.write(puback(mid_of(packet)));
      } else {
        pubacks += puback(mid_of(packet));
      }
    }
  });
  const auto so_far = [&] {
    const std::lock_guard lock(mutex);
    return arrived;
  };
  const auto core = detail::HubClientCore::create(
      detail::config_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "dev1",
                                        {.server_verification_cert = certificate.ca,
                                         .port = server.port(),
                                         .max_in_flight = kWindow}),
      make_mosquitto_transport_factory(), HandlerPool::shared());
  IoTHubDeviceClient client(core);
  client.connect(20s);
  std::atomic<std::size_t> sent = 0;
  for (std::size_t i = 0; i < kMessages; ++i) {
    core->start_send_message({.data = std::to_string(i)}, 60s,
                             detail::Completion<void>([&](const Error& error) { sent += !error; }));
  }
  CHECK(eventually([&] { return so_far().size() >= kWindow; }));
  std::this_thread::sleep_for(300ms);  // For messages that must not arrive.
  CHECK(so_far().size() == kWindow);
  ::eventfd_write(opened.get(), 1);
  CHECK(eventually([&] { return sent == kMessages; }));
  client.shutdown();
  REQUIRE(so_far().size() == kMessages);
  for (std::size_t i = 0; i < kMessages; ++i) CHECK(so_far()[i] == std::to_string(i));
}
