#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "clients/detail/managed_device_core.hpp"
#include "tests/clients/provisioning_service.hpp"

namespace azure::iot::device::test {

using namespace std::chrono_literals;

inline const Reply kRefused = refuse_with(Error(Errc::unauthorized, "CONNACK 5"));

// A managed device between a fake provisioning service and a fake hub, in virtual time.
class Managed {
 public:
  explicit Managed(const ManagedSymmetricKeyOptions& options = {}) {
    start(detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                            with_own_parts(options)));
  }
  explicit Managed(std::string_view symmetric_key) {
    start(detail::config_from_symmetric_key("dps.test", "reg1", "scope1", symmetric_key,
                                            with_own_parts(ManagedSymmetricKeyOptions{})));
  }
  explicit Managed(const X509& x509) {
    start(detail::config_from_x509_certificate("dps.test", "reg1", "scope1", x509,
                                               with_own_parts(ManagedX509Options{})));
  }
  ~Managed() {
    shutdown();
    advance(1s);
    core.reset();
    loop->run_posted();
    CHECK(loop->pending_timers() == 0);
  }

  Call<void> connect(detail::Timeout timeout = {}) {
    Call<void> call;
    core->start_connect(timeout, call.completion());
    advance(2s);  // Until the first status request of the registration.
    return call;
  }
  Call<void> shutdown() {
    Call<void> call;
    core->start_shutdown(call.completion());
    loop->run_posted();
    return call;
  }
  void advance(Duration by) { loop->advance(by); }
  // The number of registrations so far.
  std::size_t registrations() const {
    const auto topics = dps.transport.published();
    return static_cast<std::size_t>(std::count_if(topics.begin(), topics.end(), [](const auto& t) {
      return t.starts_with("$dps/registrations/PUT/");
    }));
  }

  // Real time, in which the certificates of tests are valid.
  std::shared_ptr<ManualLoop> loop =
      std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
  FakeProvisioningService dps;
  FakeMqttTransport hub;
  int new_clients = 0;
  std::vector<std::string> told;
  std::shared_ptr<detail::ManagedDeviceCore> core;

 private:
  template <class Options>
  Options with_own_parts(Options options) {
    options.hub.event_loop = loop;
    options.on_new_client = [this](IoTHubDeviceClient&) { ++new_clients; };
    options.on_background_exception = [this](const IotError& error) {
      told.emplace_back(error.what());
    };
    return options;
  }
  void start(detail::ManagedDeviceConfig config) {
    core = detail::ManagedDeviceCore::create(std::move(config),
                                             {.provisioning = dps.transport.factory(),
                                              .hub = hub.factory(),
                                              .handler_pool = HandlerPool::create_inline(*loop),
                                              .random = [] { return 0.5; }});
  }
};

// A managed device with its first hub.
struct Established : Managed {
  explicit Established(const ManagedSymmetricKeyOptions& options = {}) : Managed(options) {
    dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
    REQUIRE(connect().succeeded());
    before = core->client();
  }
  bool online() const { return core->client() && core->client()->connected(); }
  // The number of dials at both services together.
  std::size_t all_dials() const { return hub.dials() + dps.transport.dials(); }
  // Drops the link, and runs the work that follows at once.
  void drop() {
    hub.drop();
    advance(10ms);
  }

  std::shared_ptr<IoTHubDeviceClient> before;
};

}  // namespace azure::iot::device::test
