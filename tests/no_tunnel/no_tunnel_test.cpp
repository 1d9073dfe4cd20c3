// The errors of a library that was built without libcurl and wslay.
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "clients/managed_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {

const std::string kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";
const std::string kDevice = "HostName=hub.example;DeviceId=d;SharedAccessKey=" + kKey;
const std::string kModule = kDevice + ";ModuleId=m";

// That of a device or module, for as long as anybody tests.
std::string token(const std::string& whom) {
  return "SharedAccessSignature sr=hub.example%2Fdevices%2F" + whom + "&sig=c2ln&se=4102444800";
}

X509 pair() {
  static const ServerCertificate own =
      make_server_certificate({.alternative_names = {}, .common_name = "d"});
  return x509_of(own);
}

// Each way to make a client, with two of its options.
struct Client {
  const char* name;
  std::function<void(bool websockets, const std::optional<ProxyOptions>& proxy)> create;
  std::string options = "";  // Where they stand, as an error has it.
};

template <class Options, class Create>
Client client(const char* name, Create create, const std::string& options = "") {
  return {name,
          [create](bool websockets, const std::optional<ProxyOptions>& proxy) {
            create(Options{.websockets = websockets, .proxy_options = proxy});
          },
          options};
}

// A managed device, with the options of one of its two clients.
template <class Options, class Create>
std::vector<Client> managed(Create create) {
  return {client<decltype(Options::provisioning)>(
              "managed device, provisioning",
              [create](const auto& options) { create(Options{.provisioning = options}); },
              "provisioning."),
          client<decltype(Options::hub)>(
              "managed device, hub",
              [create](const auto& options) { create(Options{.hub = options}); }, "hub.")};
}

std::vector<Client> clients() {
  using Device = IoTHubDeviceClient;
  using Module = IoTHubModuleClient;
  using Provisioning = ProvisioningDeviceClient;
  std::vector<Client> all = {
      client<ConnectionStringOptions>(
          "device", [](const auto& o) { Device::create_from_connection_string(kDevice, o); }),
      client<SymmetricKeyOptions>(
          "device with a key",
          [](const auto& o) { Device::create_from_symmetric_key(kKey, "hub.example", "d", o); }),
      client<SasTokenOptions>("device with a token",
                              [](const auto& o) { Device::create_from_sastoken(token("d"), o); }),
      client<X509Options>("device with a certificate",
                          [](const auto& o) {
                            Device::create_from_x509_certificate(pair(), "hub.example", "d", o);
                          }),
      client<ConnectionStringOptions>(
          "module", [](const auto& o) { Module::create_from_connection_string(kModule, o); }),
      client<SasTokenOptions>(
          "module with a token",
          [](const auto& o) { Module::create_from_sastoken(token("d%2Fmodules%2Fm"), o); }),
      client<X509Options>("module with a certificate",
                          [](const auto& o) {
                            Module::create_from_x509_certificate(pair(), "hub.example", "d", "m",
                                                                 o);
                          }),
      client<ProvisioningSymmetricKeyOptions>("provisioning",
                                              [](const auto& o) {
                                                Provisioning::create_from_symmetric_key(
                                                    "dps.example", "d", "scope", kKey, o);
                                              }),
      client<ProvisioningX509Options>("provisioning with a certificate",
                                      [](const auto& o) {
                                        Provisioning::create_from_x509_certificate(
                                            "dps.example", "d", "scope", pair(), o);
                                      }),
  };
  const auto add = [&](const std::vector<Client>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(managed<ManagedSymmetricKeyOptions>([](const auto& o) {
    ManagedDevice::create_from_symmetric_key("dps.example", "d", "scope", kKey, o);
  }));
  add(managed<ManagedX509Options>([](const auto& o) {
    ManagedDevice::create_from_x509_certificate("dps.example", "d", "scope", pair(), o);
  }));
  return all;
}

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
  for (const Client& client : clients()) {
    CAPTURE(client.name);
    CHECK(refusal([&] { client.create(true, std::nullopt); }) ==
          client.options + "websockets" + why);
    for (const ProxyType type : {ProxyType::http, ProxyType::socks4, ProxyType::socks5}) {
      const ProxyOptions proxy{.type = type, .address = "localhost", .port = 1};
      CHECK(refusal([&] { client.create(false, proxy); }) ==
            client.options + "proxy_options" + why);
    }
    CHECK(refusal([&] { client.create(false, std::nullopt); }) == "none");
  }
}

}  // namespace azure::iot::device::test
