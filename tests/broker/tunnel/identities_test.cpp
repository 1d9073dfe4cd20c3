// The identity of a device or module by its certificate, and TLS session resumption, on every
// route.
#include <atomic>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/tunnel/road.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr bool kBoth[] = {false, true};

}  // namespace

TEST_CASE("X.509: devices and modules come from a factory's line, with encrypted keys, in files") {
  const TestCa company("Company CA");
  const TestCa line = company.make_intermediate("Line CA");
  const TemporaryFolder folder;
  const SimulatorProcess hub(
      {.devices = {},
       .x509_devices = {"press", "press/heater"},
       .websockets = true,
       .arguments = {"--device-ca", folder.write("company.pem", company.certificate())}});
  const auto issue = [&](const std::string& name) {
    const auto own = line.issue({.alternative_names = {}, .common_name = name});
    const std::string file = name.substr(name.find('/') + 1);
    X509 x509;
    x509.certificate = folder.write(file + ".pem", own.certificate + line.certificate());
    x509.pass_phrase = "a fake pass phrase";
    x509.key = folder.write(file + ".key", encrypt_key(own.key, x509.pass_phrase));
    return x509;
  };
  const X509 device = issue("press");
  const X509 module = issue("press/heater");
  const ProxyProcess proxy(Passage::http_basic);
  for (const bool websockets : kBoth) {
    for (const auto& way : {std::optional<ProxyOptions>(), std::optional(proxy.options())}) {
      const X509Options options{.server_verification_cert = hub.ca_file(),
                                .websockets = websockets,
                                .proxy_options = way,
                                .port = websockets ? hub.x509_websocket_port() : hub.x509_port()};
      auto press =
          IoTHubDeviceClient::create_from_x509_certificate(device, hub.host(), "press", options);
      press.send_message("pressed", 60s);
      auto heater = IoTHubModuleClient::create_from_x509_certificate(module, hub.host(), "press",
                                                                     "heater", options);
      heater.send_message_to_output(Message{.data = "hot"}, "heat", 60s);
    }
  }
  CHECK(hub.wait_for_telemetry("press", 4).size() == 4);
  CHECK(hub.wait_for_telemetry("press/heater", 4).size() == 4);
}

TEST_CASE("TLS: a client comes back with what the server gave it, on each road") {
  const ServerCertificate certificate = make_server_certificate();
  const ServerContext context = make_server_context({.certificate = certificate});
  std::mutex mutex;
  std::vector<bool> resumed;
  std::atomic<bool> websockets = false;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (!client.start_tls(context)) return;
    {
      // Recorded before the client knows that it is connected, and before the test asks.
      const std::lock_guard lock(mutex);
      resumed.push_back(client.resumed());
    }
    if (websockets) {
      accept_web_socket(client);
      read_frame(client);
      client.write(to_bytes({Opcode::binary, connack(0)}));
    } else {
      client.read_packet();
      client.write(connack(0));
    }
    client.wait_for_end();
  });
  const ProxyProcess proxy(Passage::socks5_user);
  for (const bool over_websocket : kBoth) {
    websockets = over_websocket;
    for (const auto& way : {std::optional<ProxyOptions>(), std::optional(proxy.options())}) {
      CAPTURE(over_websocket);
      CAPTURE(way.has_value());
      auto client = IoTHubDeviceClient::create_from_symmetric_key(
          "ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "d",
          {.server_verification_cert = certificate.ca,
           .websockets = over_websocket,
           .proxy_options = way,
           .port = server.port()});
      client.connect(60s);
      client.disconnect();
      client.connect(60s);
      client.shutdown();
      const std::lock_guard lock(mutex);
      CHECK(resumed == std::vector<bool>{false, true});
      resumed.clear();
    }
  }
}

}  // namespace azure::iot::device::test
