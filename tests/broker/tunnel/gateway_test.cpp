// A gateway in place of the hub: the client dials it and checks its certificate.
#include <mutex>

#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// The outcome for a client that reaches the hub "hub.invalid" through a gateway.
struct Visit {
  std::string error;    // Empty if it was let in.
  std::string connect;  // The packet.
  std::string upgrade;  // The head of the request for a WebSocket.
};

// `host` is the client's name for the gateway, and `names` are those in the gateway's certificate.
Visit visit_gateway(const std::string& host, const std::string& names, bool websockets) {
  const ServerCertificate certificate = make_server_certificate({.alternative_names = names});
  Visit visit;
  std::mutex mutex;
  ScriptedServer gateway([&](ScriptedConnection& client) {
    if (!client.start_tls(certificate)) return;
    const std::string upgrade = websockets ? accept_web_socket(client) : "";
    const std::string connect = websockets ? read_frame(client).payload : client.read_packet();
    {
      const std::lock_guard lock(mutex);
      visit.connect = connect;
      visit.upgrade = upgrade;
    }
    client.write(websockets ? to_bytes({Opcode::binary, connack(0)}) : connack(0));
    client.wait_for_end();
  });
  auto client = IoTHubDeviceClient::create_from_connection_string(
      "HostName=hub.invalid;DeviceId=d;SharedAccessKey=ZmFrZSBrZXkgZm9yIHRlc3Rz;GatewayHostName=" +
          host,
      {.server_verification_cert = certificate.ca,
       .websockets = websockets,
       .port = gateway.port()});
  try {
    client.connect(60s);
  } catch (const ClientError& e) {
    visit.error = e.what();
  }
  client.shutdown();
  const std::lock_guard lock(mutex);
  return visit;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Gateway: by its name or address it is verified, and the hub's name stays in the login") {
  for (const bool websockets : {false, true}) {
    CAPTURE(websockets);
    for (const auto& [host, names] : {std::pair("localhost", "DNS:localhost"),
                                      std::pair("127.0.0.1", "DNS:elsewhere,IP:127.0.0.1")}) {
      const Visit visit = visit_gateway(host, names, websockets);
      CHECK(visit.error == "");
      CHECK(contains(visit.connect, "hub.invalid/d/?api-version="));
      CHECK(contains(visit.connect, "sr=hub.invalid%2Fdevices%2Fd&"));
      CHECK_FALSE(contains(visit.connect, host));
      if (websockets) CHECK(contains(visit.upgrade, "\r\nHost: " + std::string(host) + ":"));
    }
  }
}

TEST_CASE("Gateway: one whose certificate is for the hub, or for another address, is refused") {
  for (const bool websockets : {false, true}) {
    CAPTURE(websockets);
    for (const auto& [host, names] :
         {std::pair("localhost", "DNS:hub.invalid"),
          // A name that looks like an address does not count as one.
          std::pair("127.0.0.1", "DNS:127.0.0.1,DNS:localhost,IP:127.0.0.2")}) {
      const Visit visit = visit_gateway(host, names, websockets);
      CHECK(contains(visit.error, "certificate is not for " + std::string(host)));
      CHECK(visit.connect == "");
    }
  }
}

}  // namespace azure::iot::device::test
