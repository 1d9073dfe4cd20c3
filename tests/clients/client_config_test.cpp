#include "clients/detail/client_config.hpp"

#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "support/log_listener.hpp"
#include "tests/clients/refusal.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

constexpr std::string_view kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";
const std::string kConnectionString =
    "HostName=hub1.azure-devices.test;DeviceId=dev1;SharedAccessKey=" + std::string(kKey);

// The text of the exception for these arguments; "" if there is none.
std::string refusal(std::string_view connection_string, const ConnectionStringOptions& options) {
  return test::refusal_of(
      [&] { IoTHubDeviceClient::create_from_connection_string(connection_string, options); });
}

TEST_CASE("Client: a value that breaks the rule of its option is refused, naming option and rule") {
  const auto refused = [](const ConnectionStringOptions& options) {
    return refusal(kConnectionString, options);
  };
  const std::string keep_alive =
      "keep_alive: must be greater than 0 s and cannot exceed 1740 s (29 minutes); got ";
  CHECK(refused({.keep_alive = -1s}) == keep_alive + "-1 s");
  CHECK(refused({.keep_alive = 0s}) == keep_alive + "0 s");
  CHECK(refused({.keep_alive = 1741s}) == keep_alive + "1741 s");
  CHECK(refused({.keep_alive = 1740s}) == "");
  CHECK(refused({.connection_retry_interval = 0s}) ==
        "connection_retry_interval: must be greater than 0 s and cannot exceed 9223372036 s; got "
        "0 s");
  CHECK(refused({.connection_retry_interval = 9223372036s}) == "");
  CHECK(refused({.connection_retry_interval = 9223372037s})
            .starts_with("connection_retry_interval: "));
  CHECK(
      refused({.operation_timeout = -1ms}).starts_with("operation_timeout: must not be negative"));
  CHECK(refused({.operation_timeout = 0ms}) == "");
  CHECK(refused({.operation_timeout = std::chrono::milliseconds::max()})
            .starts_with("operation_timeout: "));
  CHECK(refused({.max_in_flight = 0}) == "max_in_flight: must be 1 to 65535; got 0");
  CHECK(refused({.max_in_flight = 65536}).starts_with("max_in_flight: "));
  const std::string cert =
      "server_verification_cert: must be certificates as PEM text, or the name of a file with "
      "such text; ";
  const std::string nothing = cert +
                              "it is no such text, and no file of that name can be read "
                              "(No such file or directory)";
  CHECK(refused({.server_verification_cert = "/nonexistent/ca.pem"}) == nothing);
  CHECK(refused({.server_verification_cert = "not\na certificate"}) == nothing);
  CHECK(refused({.server_verification_cert = "/dev/null"}) ==
        cert + "there is none in the file /dev/null");
}

TEST_CASE("Client: a keep-alive that is raised, or for which the hub may not wait, is warned of") {
  test::LogListener log(LogLevel::warning);
  CHECK(refusal(kConnectionString, {.keep_alive = 4s}) == "");
  CHECK(log.records ==
        std::vector<std::string>{
            "warning|MqttTransport|dev1|keep_alive of 4 s is not possible: 5 s is used"});
  log.records.clear();
  CHECK(refusal(kConnectionString, {.keep_alive = 5s}) == "");
  CHECK(refusal(kConnectionString, {.keep_alive = 1177s}) == "");
  CHECK(log.records.empty());
  CHECK(refusal(kConnectionString, {.keep_alive = 1178s}) == "");
  CHECK(log.records ==
        std::vector<std::string>{"warning|Client|dev1|keep_alive of 1178 s is risky: above 1177 s "
                                 "IoT Hub may close an idle connection before a ping is due"});
}

TEST_CASE("Client: what no hub will accept is taken as in Python, and warned of") {
  test::LogListener log(LogLevel::warning);
  CHECK(refusal(kConnectionString, {.sastoken_ttl = 0s}) == "");
  CHECK(refusal(kConnectionString, {.sastoken_ttl = -100s}) == "");
  CHECK_NOTHROW(IoTHubDeviceClient::create_from_symmetric_key("", "h", "dev1"));
  CHECK(log.records ==
        std::vector<std::string>{
            "warning|Client|dev1|sastoken_ttl of 0 s makes tokens that have expired already: the "
            "service will refuse them",
            "warning|Client|dev1|sastoken_ttl of -100 s makes tokens that have expired already: "
            "the service will refuse them",
            "warning|Client|dev1|symmetric_key is empty: the service will refuse what is signed "
            "with it"});
}

TEST_CASE(
    "Client: a proxy that cannot be meant is refused, and what it is not shown is warned of") {
  const ProxyOptions proxy{.address = "proxy.test", .port = 3128};
  const auto refused = [](const ProxyOptions& options) {
    return refusal(kConnectionString, {.proxy_options = options});
  };
  test::LogListener log(LogLevel::warning);
  CHECK(refused(proxy) == "");
  CHECK(log.records.empty());
  ProxyOptions changed = proxy;
  changed.address.clear();
  CHECK(refused(changed) == "proxy_options: address must name a host; got nothing");
  for (const auto& [address, shown] : {std::pair("http://proxy.test", "http://proxy.test"),
                                       std::pair("proxy.test/x", "proxy.test/x"),
                                       std::pair("http://me:p@ss@proxy.test", "...@proxy.test")}) {
    changed.address = address;
    CHECK(refused(changed) ==
          "proxy_options: address must be a name or an IP address, without scheme, user and port; "
          "got " +
              std::string(shown));
  }
  changed = proxy;
  changed.port = 0;
  CHECK(refused(changed) == "proxy_options: port must be 1 to 65535; got 0");
  changed = proxy;
  changed.password = "secret";
  CHECK(refused(changed) == "proxy_options: a password needs a username");
  changed.username = std::string(256, 'u');
  CHECK(refused(changed) ==
        "proxy_options: username and password must be at most 255 bytes long each");

  changed.username = "me";
  for (const ProxyType type : {ProxyType::http, ProxyType::socks5}) {
    changed.type = type;
    CHECK(refused(changed) == "");
  }
  CHECK(log.records.empty());
  changed.type = ProxyType::socks4;
  CHECK(refused(changed) == "");
  changed.password.clear();
  CHECK(refused(changed) == "");
  CHECK(log.records ==
        std::vector<std::string>{"warning|Client|dev1|proxy_options: the password is "
                                 "not used, since SOCKS4 has none"});
  log.records.clear();
  changed.type = ProxyType::socks5;
  CHECK(refused(changed) == "");
  CHECK(log.records ==
        std::vector<std::string>{"warning|Client|dev1|proxy_options: the user name is not used, "
                                 "since there is no password beside it"});
}

TEST_CASE("Client: a connection string that breaks a rule is refused, naming the part") {
  CHECK(refusal("", {}).starts_with("Invalid Connection String"));
  CHECK(refusal("HostName=h;DeviceId=d", {}).find("SharedAccessKey") != std::string::npos);
  CHECK(refusal("DeviceId=d;SharedAccessKey=YQ==", {}).find("HostName") != std::string::npos);
  CHECK(refusal("HostName=h;SharedAccessKeyName=owner;SharedAccessKey=YQ==", {})
            .find("DeviceId is missing") != std::string::npos);
  CHECK(refusal("HostName=h;DeviceId=d;x509=true", {}).find("x509") != std::string::npos);
}

TEST_CASE("Client: a key that is not base64 is refused, and is not told") {
  const std::string text = refusal("HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0x", {});
  CHECK(text.find("base64") != std::string::npos);
  CHECK(text.find("c2VjcmV0x") == std::string::npos);
}

TEST_CASE("Client: what a symmetric key needs must be given") {
  const auto create = [](std::string_view key, std::string_view host, std::string_view id) {
    return IoTHubDeviceClient::create_from_symmetric_key(key, host, id);
  };
  CHECK_THROWS_WITH_AS(create(kKey, "", "d"), "hostname: must not be empty", std::invalid_argument);
  CHECK_THROWS_WITH_AS(create(kKey, "h", ""), "device_id: must not be empty",
                       std::invalid_argument);
  CHECK_NOTHROW(create(kKey, "h", "d"));
}

TEST_CASE("Client: a symmetric key and a token may go through a gateway, with the hub's name") {
  const auto loop = std::make_shared<ManualLoop>();
  const auto by_key = detail::config_from_symmetric_key(
      kKey, "hub1", "dev1", {.gateway_hostname = "gw", .event_loop = loop});
  CHECK(by_key.pipeline.gateway_hostname == "gw");
  CHECK(by_key.pipeline.hostname == "hub1");
  const auto by_token = detail::config_from_sastoken(
      "SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=4102444800",
      detail::TokenOwner::device, {.gateway_hostname = "gw", .event_loop = loop});
  CHECK(by_token.pipeline.gateway_hostname == "gw");
  CHECK(by_token.pipeline.hostname == "hub1");
  CHECK(by_token.hub.device_id == "dev1");
}

TEST_CASE("Client: the parts of a connection string and the options reach the pipeline") {
  const auto loop = std::make_shared<ManualLoop>();
  const auto config = detail::config_from_connection_string(
      kConnectionString + ";GatewayHostName=gw", {.keep_alive = 7s,
                                                  .sastoken_ttl = 5min,
                                                  .auto_connect = false,
                                                  .connection_retry = false,
                                                  .connection_retry_interval = 3s,
                                                  .ensure_desired_properties = false,
                                                  .product_info = "thermostat",
                                                  .port = 1234,
                                                  .event_loop = loop,
                                                  .operation_timeout = 9s,
                                                  .max_in_flight = 5});
  CHECK(config.loop == loop);
  CHECK(config.hub.device_id == "dev1");
  CHECK(config.hub.product_info == "thermostat");
  CHECK_FALSE(config.hub.ensure_desired_properties);
  CHECK(config.pipeline.hostname == "hub1.azure-devices.test");
  CHECK(config.pipeline.gateway_hostname == "gw");
  CHECK(config.pipeline.port == 1234);
  CHECK(config.pipeline.keep_alive == 7s);
  CHECK_FALSE(config.pipeline.auto_connect);
  CHECK_FALSE(config.pipeline.connection_retry);
  CHECK(config.pipeline.connection_retry_interval == 3s);
  CHECK(config.pipeline.operation_timeout == 9s);
  CHECK(config.pipeline.max_in_flight == 5);
  CHECK(config.pipeline.sastoken->expiry() == loop->wall_now() + 5min);
  CHECK_FALSE(config.pipeline.sastoken->text().empty());
}

}  // namespace
}  // namespace azure::iot::device
