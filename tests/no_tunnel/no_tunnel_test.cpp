// What a library says that was built without libcurl and wslay.
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "clients/provisioning_device_client.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::test {
namespace {

const std::string kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";
const std::string kDevice = "HostName=hub.example;DeviceId=d;SharedAccessKey=" + kKey;
const std::string kModule = kDevice + ";ModuleId=m";

X509 pair() {
  static const ServerCertificate own =
      make_server_certificate({.alternative_names = {}, .common_name = "d"});
  X509 x509;
  x509.certificate = own.certificate;
  x509.key = own.key;
  return x509;
}

// Each kind of client, made with two of its options.
using Create = std::function<void(bool websockets, std::optional<ProxyOptions> proxy)>;
struct Client {
  const char* name;
  Create create;
};
const Client kClients[] = {
    {"device",
     [](bool websockets, const std::optional<ProxyOptions>& proxy) {
       IoTHubDeviceClient::create_from_connection_string(
           kDevice, {.websockets = websockets, .proxy_options = proxy});
     }},
    {"device with a certificate",
     [](bool websockets, const std::optional<ProxyOptions>& proxy) {
       IoTHubDeviceClient::create_from_x509_certificate(
           pair(), "hub.example", "d", {.websockets = websockets, .proxy_options = proxy});
     }},
    {"module",
     [](bool websockets, const std::optional<ProxyOptions>& proxy) {
       IoTHubModuleClient::create_from_connection_string(
           kModule, {.websockets = websockets, .proxy_options = proxy});
     }},
    {"provisioning",
     [](bool websockets, const std::optional<ProxyOptions>& proxy) {
       ProvisioningDeviceClient::create_from_symmetric_key(
           "dps.example", "d", "scope", kKey, {.websockets = websockets, .proxy_options = proxy});
     }},
};

std::string refusal(const std::function<void()>& create) {
  try {
    create();
    return "none";
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("No tunnel: who asks for a WebSocket or a proxy is told why when the client is made") {
  const std::string why =
      " cannot be used: this library was built without tunnels (AZURE_IOT_DEVICE_TUNNEL=OFF)";
  for (const Client& client : kClients) {
    CAPTURE(client.name);
    CHECK(refusal([&] { client.create(true, std::nullopt); }) == "websockets" + why);
    for (const ProxyType type : {ProxyType::http, ProxyType::socks4, ProxyType::socks5}) {
      const ProxyOptions proxy{.type = type, .address = "localhost", .port = 1};
      CHECK(refusal([&] { client.create(false, proxy); }) == "proxy_options" + why);
    }
    CHECK(refusal([&] { client.create(false, std::nullopt); }) == "none");
  }
}

}  // namespace azure::iot::device::test
