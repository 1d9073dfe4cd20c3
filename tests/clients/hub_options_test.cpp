// Each option of each factory of a hub client: it reaches the chain, and its rule is enforced.
#include <chrono>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include "clients/detail/client_config.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using detail::HubClientConfig;

constexpr std::string_view kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";

const ServerCertificate& own_certificate() {
  static const ServerCertificate made =
      make_server_certificate({.alternative_names = {}, .common_name = "dev1"});
  return made;
}

// A clock at which the certificates are valid.
std::shared_ptr<ManualLoop> make_loop() {
  return std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
}

HubClientConfig config_of(const ConnectionStringOptions& options) {
  return detail::config_from_connection_string(
      "HostName=hub1;DeviceId=dev1;SharedAccessKey=" + std::string(kKey), options);
}
HubClientConfig config_of(const SymmetricKeyOptions& options) {
  return detail::config_from_symmetric_key(kKey, "hub1", "dev1", options);
}
HubClientConfig config_of(const SasTokenOptions& options) {
  return detail::config_from_sastoken(
      "SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=4102444800",
      detail::TokenOwner::device, options);
}
HubClientConfig config_of(const X509Options& options) {
  return detail::config_from_x509_certificate(x509_of(own_certificate()), "hub1", "dev1", {},
                                              options);
}

template <class Options>
HubClientConfig made_with(Options options) {
  options.event_loop = make_loop();
  HubClientConfig config = config_of(options);
  CHECK(config.loop == options.event_loop);
  return config;
}

template <class Options>
std::string refusal(const Options& options) {
  return refusal_of([&] { made_with(options); });
}

#define EACH_OPTIONS ConnectionStringOptions, SymmetricKeyOptions, SasTokenOptions, X509Options

TEST_CASE_TEMPLATE("Hub options: the defaults", Options, EACH_OPTIONS) {
  const HubClientConfig usual = made_with(Options{});
  CHECK(usual.pipeline.hostname == "hub1");
  CHECK(usual.pipeline.gateway_hostname.empty());
  CHECK(usual.pipeline.port == 0);
  CHECK(usual.pipeline.server_verification_cert.empty());
  CHECK(usual.pipeline.cipher.empty());
  CHECK_FALSE(usual.pipeline.websockets);
  CHECK_FALSE(usual.pipeline.proxy_options);
  CHECK(usual.pipeline.keep_alive == 60s);
  CHECK(usual.pipeline.auto_connect);
  CHECK(usual.pipeline.connection_retry);
  CHECK(usual.pipeline.connection_retry_interval == 10s);
  CHECK_FALSE(usual.pipeline.retry_first_connection);
  CHECK(usual.pipeline.operation_timeout == 4min);
  CHECK(usual.pipeline.max_in_flight == 128);
  CHECK_FALSE(usual.pipeline.retry_policy);
  CHECK(static_cast<bool>(usual.pipeline.sastoken) == !std::is_same_v<Options, X509Options>);
  CHECK(usual.pipeline.x509.has_value() == std::is_same_v<Options, X509Options>);
  CHECK(usual.hub.device_id == "dev1");
  CHECK(usual.hub.module_id.empty());
  CHECK(usual.hub.product_info.empty());
  CHECK(usual.hub.user_agent.starts_with("azure-iot-device-iothub-cpp/"));
  CHECK(usual.hub.ensure_desired_properties);
  CHECK(usual.stages.empty());
  CHECK(usual.warnings.empty());
}

TEST_CASE_TEMPLATE("Hub options: each reaches the chain", Options, EACH_OPTIONS) {
  CHECK(made_with(Options{.server_verification_cert = own_certificate().ca})
            .pipeline.server_verification_cert == own_certificate().ca);
  CHECK(made_with(Options{.keep_alive = 7s}).pipeline.keep_alive == 7s);
  CHECK_FALSE(made_with(Options{.auto_connect = false}).pipeline.auto_connect);
  CHECK_FALSE(made_with(Options{.connection_retry = false}).pipeline.connection_retry);
  CHECK(made_with(Options{.connection_retry_interval = 3s}).pipeline.connection_retry_interval ==
        3s);
  CHECK(made_with(Options{.retry_first_connection = true}).pipeline.retry_first_connection);
  CHECK_FALSE(made_with(Options{.ensure_desired_properties = false}).hub.ensure_desired_properties);
  CHECK(made_with(Options{.product_info = "more"}).hub.product_info == "more");
  CHECK(made_with(Options{.cipher = "ecdhe_rsa_aes256_gcm_sha384"}).pipeline.cipher ==
        "ECDHE-RSA-AES256-GCM-SHA384");
  CHECK(made_with(Options{.websockets = true}).pipeline.websockets);
  const auto proxied =
      made_with(Options{.proxy_options = ProxyOptions{.address = "proxy.test", .port = 3128}});
  REQUIRE(proxied.pipeline.proxy_options);
  CHECK(proxied.pipeline.proxy_options->address == "proxy.test");
  CHECK(made_with(Options{.port = 4711}).pipeline.port == 4711);
  CHECK(made_with(Options{.operation_timeout = 9s}).pipeline.operation_timeout == 9s);
  CHECK(made_with(Options{.max_in_flight = 5}).pipeline.max_in_flight == 5);
  CHECK(made_with(Options{.stages = {before("RetryStage", {})}}).stages.size() == 1);
  const auto policy = std::make_shared<ExponentialBackoff>();
  CHECK(made_with(Options{.retry_policy = policy}).pipeline.retry_policy == policy);
  if constexpr (requires(Options o) { o.gateway_hostname; }) {
    const auto through = made_with(Options{.gateway_hostname = "gw"});
    CHECK(through.pipeline.gateway_hostname == "gw");
    CHECK(through.pipeline.hostname == "hub1");
  }
  if constexpr (requires(Options o) { o.sastoken_ttl; }) {
    const auto short_lived = made_with(Options{.sastoken_ttl = 5min});
    CHECK(short_lived.pipeline.sastoken->ttl() == 5min);
    CHECK(short_lived.pipeline.sastoken->renewable());
  }
}

TEST_CASE_TEMPLATE("Hub options: each that breaks its rule is refused", Options, EACH_OPTIONS) {
  CHECK(refusal(Options{.server_verification_cert = "/no/file"})
            .starts_with("server_verification_cert: "));
  CHECK(refusal(Options{.keep_alive = 0s}).starts_with("keep_alive: "));
  CHECK(
      refusal(Options{.connection_retry_interval = 0s}).starts_with("connection_retry_interval: "));
  CHECK(refusal(Options{.proxy_options = ProxyOptions{}}).starts_with("proxy_options: "));
  CHECK(refusal(Options{.operation_timeout = -1ms}).starts_with("operation_timeout: "));
  CHECK(refusal(Options{.max_in_flight = 0}).starts_with("max_in_flight: "));
}

TEST_CASE_TEMPLATE("Hub options: what is risky is warned of", Options, EACH_OPTIONS) {
  CHECK(made_with(Options{.keep_alive = 1178s}).warnings.size() == 1);
  const ProxyOptions user_only{.address = "proxy.test", .port = 1, .username = "me"};
  CHECK(made_with(Options{.proxy_options = user_only}).warnings.size() == 1);
  if constexpr (requires(Options o) { o.sastoken_ttl; }) {
    CHECK(made_with(Options{.sastoken_ttl = 0s}).warnings.size() == 1);
    CHECK(made_with(Options{.sastoken_ttl = 1s}).warnings.empty());
  }
}

TEST_CASE("Hub options: without a loop of its own a client shares that of the others") {
  const auto one = config_of(SymmetricKeyOptions{});
  const auto other = config_of(ConnectionStringOptions{});
  const auto third = config_of(SasTokenOptions{});
  REQUIRE(one.loop);
  CHECK(one.loop == other.loop);
  CHECK(one.loop == third.loop);
}

TEST_CASE("Hub options: a connection string's parts, those of a module with a gateway too") {
  const auto config = detail::config_from_connection_string(
      "HostName=hub1;DeviceId=d;ModuleId=m;GatewayHostName=gw;SharedAccessKey=" + std::string(kKey),
      {.event_loop = make_loop()});
  CHECK(config.hub.device_id == "d");
  CHECK(config.hub.module_id == "m");
  CHECK(config.pipeline.gateway_hostname == "gw");
  CHECK(config.pipeline.sastoken->text().starts_with(
      "SharedAccessSignature sr=hub1%2Fdevices%2Fd%2Fmodules%2Fm&sig="));
}

TEST_CASE("Hub options: both arguments of a certificate's factory must be given") {
  const auto refused = [](std::string_view host, std::string_view device) {
    return refusal_of([&] {
      detail::config_from_x509_certificate(x509_of(own_certificate()), host, device, {},
                                           {.event_loop = make_loop()});
    });
  };
  CHECK(refused("", "d") == "hostname: must not be empty");
  CHECK(refused("h", "") == "device_id: must not be empty");
  CHECK(refused("h", "d") == "");
}

}  // namespace
}  // namespace azure::iot::device::test
