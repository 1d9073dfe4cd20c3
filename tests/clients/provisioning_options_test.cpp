#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "clients/detail/provisioning_client_core.hpp"
#include "tests/clients/provisioning_service.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const ServerCertificate& own_certificate() {
  static const ServerCertificate made = make_server_certificate({.common_name = "reg1"});
  return made;
}

detail::ProvisioningClientConfig config_of(const ProvisioningSymmetricKeyOptions& options) {
  return detail::config_from_symmetric_key("dps.test", "reg1", "scope1", kTestKey, options);
}

detail::ProvisioningClientConfig config_of(const ProvisioningX509Options& options) {
  return detail::config_from_x509_certificate("dps.test", "reg1", "scope1",
                                              x509_of(own_certificate()), options);
}

// The configuration with which a client with these options dials.
template <class Options>
MqttTransportConfig dialled_with(Options options) {
  const auto loop = std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
  options.event_loop = loop;
  FakeProvisioningService service;
  service.answers = {assigned_to("hub1.test")};
  const auto core =
      detail::ProvisioningClientCore::create(config_of(options), service.transport.factory());
  Call<RegistrationResult> call;
  core->start_register({}, call.completion());
  loop->run_posted();
  CHECK(call.succeeded());  // On the given loop.
  return service.transport.config();
}

TEST_CASE_TEMPLATE("Provisioning: each option reaches the connection that a client dials", Options,
                   ProvisioningSymmetricKeyOptions, ProvisioningX509Options) {
  const MqttTransportConfig usual = dialled_with(Options{});
  CHECK(usual.client_id == "reg1");
  CHECK(usual.hostname == "dps.test");
  CHECK(usual.username.starts_with("scope1/registrations/reg1/api-version=2019-03-31&"));
  CHECK(usual.port == 0);
  CHECK(usual.keep_alive == 60s);
  CHECK(usual.server_verification_cert.empty());
  CHECK(usual.cipher.empty());
  CHECK_FALSE(usual.websockets);
  CHECK_FALSE(usual.proxy_options);
  CHECK(usual.x509.has_value() == std::is_same_v<Options, ProvisioningX509Options>);

  CHECK(dialled_with(Options{.server_verification_cert = own_certificate().ca})
            .server_verification_cert == own_certificate().ca);
  const MqttTransportConfig through = dialled_with(Options{.gateway_hostname = "gateway.test"});
  CHECK(through.hostname == "gateway.test");
  CHECK(through.username == usual.username);
  CHECK(dialled_with(Options{.keep_alive = 30s}).keep_alive == 30s);
  CHECK(dialled_with(Options{.cipher = "ecdhe_rsa_aes256_gcm_sha384"}).cipher ==
        "ECDHE-RSA-AES256-GCM-SHA384");
  CHECK(dialled_with(Options{.websockets = true}).websockets);
  const MqttTransportConfig proxied =
      dialled_with(Options{.proxy_options = ProxyOptions{.address = "proxy.test", .port = 3128}});
  REQUIRE(proxied.proxy_options);
  CHECK(proxied.proxy_options->address == "proxy.test");
  CHECK(proxied.proxy_options->port == 3128);
  CHECK(dialled_with(Options{.port = 4711}).port == 4711);
}

TEST_CASE_TEMPLATE("Provisioning: a stage of the application's own stands in the chain", Options,
                   ProvisioningSymmetricKeyOptions, ProvisioningX509Options) {
  class Passing final : public Stage {
   public:
    std::string_view name() const override { return "Passing"; }
  };
  int made = 0;
  const auto make = [&] {
    ++made;
    return std::make_unique<Passing>();
  };
  dialled_with(Options{.stages = {before("RegistrationStage", make), after("RetryStage", make)}});
  CHECK(made == 2);
}

TEST_CASE_TEMPLATE("Provisioning: a registration may take as long as the option says", Options,
                   ProvisioningSymmetricKeyOptions, ProvisioningX509Options) {
  const auto loop = std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
  FakeProvisioningService service;
  service.transport.otherwise = stall;
  const auto core = detail::ProvisioningClientCore::create(
      config_of(Options{.event_loop = loop, .operation_timeout = 7s}), service.transport.factory());
  Call<RegistrationResult> call;
  core->start_register({}, call.completion());
  loop->advance(7s - 1ms);
  CHECK_FALSE(call.done());
  loop->advance(1ms);
  CHECK(call.error().code() == Errc::timed_out);
}

TEST_CASE("Provisioning: a token lives as long as the option says, and is renewed before") {
  ProvisioningService service({.sastoken_ttl = 600s, .operation_timeout = 0ms});
  const std::string expiry =
      "&se=" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                  service.loop->wall_now().time_since_epoch())
                                  .count() +
                              600);
  const auto call = service.begin();
  REQUIRE(service.transport.passwords().at(0));
  CHECK(service.transport.passwords()[0]->find(expiry) != std::string::npos);
  for (int i = 0; i < 20; ++i) {  // The service is busy for eleven minutes.
    service.answers.push_back({429, "{}", "29"});
    service.advance(29s);
  }
  CHECK(service.transport.dials() == 2);
}

}  // namespace
}  // namespace azure::iot::device::test
