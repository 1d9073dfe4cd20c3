#include "clients/managed_device.hpp"

#include <doctest/doctest.h>

#include "clients/detail/managed_device_core.hpp"
#include "tests/clients/provisioning_service.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const Reply kRefused = refuse_with(Error(Errc::unauthorized, "CONNACK 5"));

// A managed device between a faked provisioning service and a faked hub, in virtual time.
class Managed {
 public:
  explicit Managed(const ManagedSymmetricKeyOptions& options = {}) {
    start(detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey,
                                            with_own_parts(options)));
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
    advance(2s);  // For the first question after the registration.
    return call;
  }
  Call<void> shutdown() {
    Call<void> call;
    core->start_shutdown(call.completion());
    loop->run_posted();
    return call;
  }
  void advance(Duration by) { loop->advance(by); }
  // How often it has registered.
  std::size_t registrations() const {
    const auto topics = dps.transport.published();
    return static_cast<std::size_t>(std::count_if(topics.begin(), topics.end(), [](const auto& t) {
      return t.starts_with("$dps/registrations/PUT/");
    }));
  }

  // The certificates of tests are valid now.
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

TEST_CASE("ManagedDevice: connect registers, connects to the hub, and brings a client") {
  Managed device;
  CHECK(device.core->client() == nullptr);
  device.dps.answers = {assigning(), assigned_to("hub1.test")};
  CHECK(device.connect().succeeded());
  REQUIRE(device.core->client());
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub1.test");
  CHECK(device.new_clients == 1);
  CHECK(device.connect().succeeded());  // There is a client already.
  CHECK(device.registrations() == 1);
  CHECK(device.hub.dials() == 1);
}

TEST_CASE("ManagedDevice: a lost link is made again without a registration") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test")};
  device.connect();
  device.hub.script({refuse, refuse, accept});
  device.hub.drop();
  device.advance(1min);
  CHECK(device.core->client()->connected());
  CHECK(device.registrations() == 1);
  CHECK(device.new_clients == 1);
}

TEST_CASE("ManagedDevice: after ten failed connects it registers again, and not before") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  device.connect();
  const auto before = device.core->client();
  device.hub.script(
      {refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse});
  device.hub.drop();
  device.advance(89s);  // The first at once, then every 10 s.
  CHECK(device.hub.dials() == 10);
  CHECK(device.registrations() == 1);
  CHECK(device.core->client() == before);
  device.advance(3s);
  CHECK(device.registrations() == 2);
  REQUIRE(device.core->client());
  CHECK(device.core->client() != before);
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK(device.new_clients == 2);
  CHECK(device.told.empty());
  CHECK_THROWS_AS(before->send_message("late"), ClientError);
}

TEST_CASE("ManagedDevice: a connect that succeeds in between begins the count anew") {
  Managed device({.failed_connects = 2});
  device.dps.answers = {assigned_to("hub1.test")};
  device.connect();
  for (int i = 0; i < 5; ++i) {
    device.hub.script({refuse, accept});
    device.hub.drop();
    device.advance(11s);
  }
  CHECK(device.registrations() == 1);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a refusal of the hub has it register at once") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  device.connect();
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(1s);
  CHECK(device.registrations() == 2);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a service that is busy is asked at the pace that it wants") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), {429, "{}", "60"}, assigned_to("hub2.test")};
  device.connect();
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(59s);
  CHECK(device.registrations() == 2);
  CHECK(device.core->client() == nullptr);
  device.advance(2s);
  CHECK(device.registrations() == 3);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a registration that fails in the background is told, and made again") {
  Managed device;
  device.dps.answers = {
      assigned_to("hub1.test"), {404, "{}"}, {404, "{}"}, assigned_to("hub1.test")};
  device.connect();
  device.hub.script({kRefused});
  device.hub.drop();
  // A refusal will not get better soon: between half and all of five minutes.
  device.advance(500ms);
  for (std::size_t failed = 1; failed <= 2; ++failed) {
    CHECK(device.told.size() == failed);
    device.advance(224s);
    CHECK(device.registrations() == 1 + failed);
    device.advance(1s);
  }
  CHECK(device.registrations() == 4);
  CHECK(device.told.at(0).find("Status 404") != std::string::npos);
  REQUIRE(device.core->client());
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: a service that cannot be reached is dialled with pauses that grow") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub1.test")};
  device.connect();
  device.dps.transport.otherwise = refuse;
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(500ms);
  for (const Duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 150s, 150s}) {
    const std::size_t dials = device.dps.transport.dials();
    device.advance(pause - 1s);
    CHECK(device.dps.transport.dials() == dials);
    device.advance(1s);
    CHECK(device.dps.transport.dials() == dials + 1);
  }
  CHECK(device.told.size() == 11);
  device.dps.transport.otherwise = accept;
  device.advance(150s);
  CHECK(device.core->client()->connected());
}

// Without pauses this would be a storm at both services.
TEST_CASE("ManagedDevice: a hub that goes on refusing what the service assigns is not stormed") {
  Managed device;
  for (int i = 0; i < 100; ++i) device.dps.answers.push_back(assigned_to("hub1.test"));
  device.connect();
  device.hub.otherwise = kRefused;
  device.hub.drop();
  device.advance(1h);
  CHECK(device.registrations() == 17);  // Each 225 s after the other.
  device.hub.otherwise = accept;
  const auto waiting = device.connect(10min);
  device.advance(5min);
  CHECK(waiting.succeeded());
}

TEST_CASE(
    "ManagedDevice: what prevents the first connect is told to the caller, who may try again") {
  Managed device;
  device.dps.answers = {{401, "{}"}, assigned_to("hub1.test"), assigned_to("hub2.test")};
  CHECK(device.connect().error().service_status() == 401);
  device.hub.script({refuse});
  CHECK(device.connect().error().code() == Errc::connection_failed);
  device.hub.script({kRefused});
  CHECK(device.connect().error().code() == Errc::unauthorized);
  CHECK(device.registrations() == 2);  // It belonged to the hub that could not be reached.
  CHECK(device.connect().succeeded());
  CHECK(device.registrations() == 3);  // It did not belong to one that refused it.
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK(device.told.empty());
}

TEST_CASE("ManagedDevice: connect ends in time, and goes on behind") {
  Managed device;
  const auto call = device.connect(10s);
  device.advance(8s - 1ms);
  CHECK_FALSE(call.done());
  device.advance(1ms);
  CHECK(call.error().code() == Errc::timed_out);
}

TEST_CASE("ManagedDevice: shutdown ends it in any state, and nothing is dialled afterwards") {
  const auto ends = [](Managed& device) {
    const auto waiting = device.connect();
    const auto shutdown = device.shutdown();
    device.advance(1s);
    CHECK(shutdown.succeeded());
    CHECK(waiting.done());
    CHECK(device.core->client() == nullptr);
    const std::size_t dials = device.hub.dials() + device.dps.transport.dials();
    device.advance(24h);
    CHECK(device.hub.dials() + device.dps.transport.dials() == dials);
    CHECK(device.connect().error().code() == Errc::pipeline_not_running);
  };
  Managed registering;
  ends(registering);
  Managed connecting;
  connecting.dps.answers = {assigned_to("hub1.test")};
  connecting.hub.script({stall});
  ends(connecting);
  Managed connected;
  connected.dps.answers = {assigned_to("hub1.test")};
  ends(connected);
  Managed pausing;
  pausing.dps.answers = {assigned_to("hub1.test"), {404, "{}"}};
  pausing.connect();
  pausing.hub.script({kRefused});
  pausing.hub.drop();
  pausing.advance(1ms);
  ends(pausing);
}

TEST_CASE(
    "ManagedDevice: a client that the application shut down is replaced by the next connect") {
  Managed device;
  device.dps.answers = {assigned_to("hub1.test")};
  device.connect();
  const auto before = device.core->client();
  before->shutdown();
  device.advance(1h);
  CHECK(device.hub.dials() == 1);
  CHECK(device.connect().succeeded());
  CHECK(device.core->client() != before);
  CHECK(device.registrations() == 1);
}

X509 x509_of(const ServerCertificate& made) {
  X509 x509;
  x509.certificate = made.certificate;
  x509.key = made.key;
  return x509;
}

TEST_CASE("ManagedDevice: a certificate stands for the device at both services") {
  Managed device(x509_of(make_server_certificate({.common_name = "reg1"})));
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  CHECK(device.connect().succeeded());
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(1s);
  CHECK(device.registrations() == 2);
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK_FALSE(device.dps.transport.passwords().at(0));
  CHECK_FALSE(device.hub.passwords().at(0));
  CHECK(device.hub.config().x509);
}

TEST_CASE("ManagedDevice: a certificate whose file was renewed is shown from the next client on") {
  const TemporaryFolder folder;
  const ServerCertificate first = make_server_certificate({.common_name = "reg1"});
  const ServerCertificate second = make_server_certificate({.common_name = "reg1"});
  X509 x509;
  x509.certificate = folder.write("device.pem", first.certificate);
  x509.key = folder.write("device.key", first.key);
  Managed device(x509);
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub1.test"),
                        assigned_to("hub1.test")};
  device.connect();
  CHECK(device.hub.config().x509->certificate == first.certificate);
  const auto register_again = [&] {
    device.hub.script({kRefused});
    device.hub.drop();
    device.advance(1s);
  };
  folder.write("device.pem", second.certificate);
  folder.write("device.key", second.key);
  register_again();
  CHECK(device.dps.transport.config().x509->certificate == second.certificate);
  CHECK(device.hub.config().x509->certificate == second.certificate);
  CHECK(device.told.empty());
  // One that cannot be read is told, and looked for again.
  folder.write("device.pem", "");
  register_again();
  REQUIRE_FALSE(device.told.empty());
  CHECK(device.told[0].find("x509: ") != std::string::npos);
  folder.write("device.pem", second.certificate);
  device.advance(1min);
  CHECK(device.core->client()->connected());
}

TEST_CASE("ManagedDevice: an argument that breaks its rule is refused, and named") {
  const auto refusal = [](ManagedSymmetricKeyOptions options) {
    options.hub.event_loop = std::make_shared<ManualLoop>();
    try {
      ManagedDevice::create_from_symmetric_key("h", "r", "s", kTestKey, options);
      return std::string();
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
  };
  CHECK(refusal({}) == "");
  CHECK(refusal({.failed_connects = 0}) == "failed_connects: must be 1 or more; got 0");
  CHECK(refusal({.hub = {.keep_alive = 0s}}).starts_with("keep_alive: "));
  CHECK(refusal({.provisioning = {.keep_alive = 0s}}).starts_with("keep_alive: "));
  const auto refusal_of = [](const X509& x509) {
    try {
      ManagedDevice::create_from_x509_certificate("h", "r", "s", x509);
      return std::string();
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
  };
  X509 x509 = x509_of(make_server_certificate());
  CHECK(refusal_of(x509) == "");
  x509.key.clear();
  CHECK(refusal_of(x509) == "x509: the key is missing");
  x509 = x509_of(make_server_certificate({.from = -7200, .until = -3600}));
  CHECK(refusal_of(x509).find("expired") != std::string::npos);
}

}  // namespace
}  // namespace azure::iot::device::test
