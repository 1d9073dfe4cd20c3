// An unattended device, behind a proxy that fails and comes back.
#include "clients/managed_device.hpp"

#include <atomic>
#include <memory>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "support/dps_process.hpp"
#include "tests/support/proxy_process.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// A hub, a provisioning service, and a device that reaches both through a proxy alone.
class Site {
 public:
  explicit Site(int failed_connects)
      : device(ManagedDevice::create_from_symmetric_key(
            dps_.host(), "r1", dps_.id_scope(), dps_.key("r1"),
            {.provisioning = {.server_verification_cert = dps_.ca_file(),
                              .proxy_options = proxy.options(),
                              .port = dps_.port()},
             .hub = {.server_verification_cert = hub.ca_file(),
                     .connection_retry_interval = 1s,
                     .proxy_options = proxy.options(),
                     .port = hub.port()},
             .failed_connects = failed_connects,
             .registration_pauses = std::make_shared<ExponentialBackoff>(
                 ExponentialBackoff::Limits{.first = 100ms, .longest = 200ms}),
             .on_background_exception = [this](const IotError& error) {
               const bool failed =
                   dynamic_cast<const ConnectionFailedError*>(&error) &&
                   std::string(error.what()).find("the proxy at ") != std::string::npos;
               if (failed) ++failures;
             }})) {}

  std::size_t registrations() const { return dps_.count("assigned"); }
  void wait_for_loss() const {
    CHECK(eventually([&] {
      const auto client = device.client();
      return !client || !client->connected();
    }));
  }
  // Checks that the device's next message arrives.
  void check_is_back(const std::string& text) {
    device.connect(60s);
    device.client()->send_message(text, 60s);
    CHECK(hub.telemetry("r1").back().payload == text);
  }

  const SimulatorProcess hub{{.devices = {"other"}}};
  ProxyProcess proxy{Passage::socks5_user};
  std::atomic<int> failures = 0;  // Of registrations, for lack of the proxy.

 private:
  const DpsProcess dps_{{&hub}, {"--enrollment", "r1"}};

 public:
  ManagedDevice device;  // Destroyed first.
};

}  // namespace

TEST_CASE("ManagedDevice: behind a SOCKS5 proxy that comes back soon it keeps its hub") {
  Site site(10);
  site.check_is_back("at first");
  const auto client = site.device.client();
  for (const char* text : {"again", "once more"}) {
    site.proxy.kill();
    site.wait_for_loss();
    site.proxy.start();
    site.check_is_back(text);
  }
  CHECK(site.device.client() == client);
  CHECK(site.registrations() == 1);
  CHECK(site.failures == 0);
}

TEST_CASE("ManagedDevice: behind a SOCKS5 proxy that stays away it registers when it is back") {
  Site site(2);
  site.check_is_back("at first");
  site.proxy.kill();
  // The device retries through the proxy, again and again.
  CHECK(eventually([&] { return site.failures >= 3; }, 60s));
  CHECK(site.device.client() == nullptr);
  CHECK(site.registrations() == 1);
  site.proxy.start();
  site.check_is_back("back");
  CHECK(site.registrations() == 2);
}

}  // namespace azure::iot::device::test
