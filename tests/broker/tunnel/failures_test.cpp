#include <mutex>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/said.hpp"
#include "broker/tunnel/failure.hpp"
#include "tests/support/lateness.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

constexpr bool kBoth[] = {false, true};

void check_target_refused(const Failure& failure) {
  CAPTURE(failure.text);
  CHECK_FALSE(failure.failed_to_connect);
  CHECK(failure.code == Errc::protocol_proxy);
  CHECK(contains(failure.text, "makes no connection to localhost:"));
}

// SOCKS4 has one reply for both.
void check_target_refused_or_not_reached(const Failure& failure) {
  CAPTURE(failure.text);
  CHECK(failure.failed_to_connect);
  CHECK(contains(failure.text, "makes no connection to localhost:"));
  CHECK(contains(failure.text, "it refused, or failed, and does not say which"));
}

void check_target_not_reached(const Failure& failure) {
  CAPTURE(failure.text);
  CHECK(failure.failed_to_connect);
  CHECK(contains(failure.text, "the proxy at 127.0.0.1:"));
  CHECK(contains(failure.text, "does not reach localhost:"));
}

}  // namespace

TEST_CASE("Proxy: a wrong password is told apart, and is no reason to try again") {
  for (const Passage passage : {Passage::http_basic, Passage::socks5_user}) {
    const ProxyProcess proxy(passage);
    for (const bool websockets : kBoth) {
      CAPTURE(to_string(passage));
      ProxyOptions options = proxy.options();
      options.password = "not-" + kProxyPassword;
      const Failure failure = connect({passage, websockets}, options);
      CHECK_FALSE(failure.failed_to_connect);
      CHECK(failure.code == Errc::protocol_proxy);
      CHECK(contains(failure.text, "refuses the user name and password"));
      CHECK_FALSE(contains(failure.text, kProxyPassword));
      options.username.clear();
      options.password.clear();
      const Failure without = connect({passage, websockets}, options);
      CHECK(without.code == Errc::protocol_proxy);
      CHECK(contains(without.text, "wants a user name and password"));
    }
  }
}

TEST_CASE("Proxy: one that is not there is a failed connection") {
  for (const Passage passage : kPassages) {
    ProxyProcess proxy(passage);
    proxy.kill();
    for (const bool websockets : kBoth) {
      CAPTURE(to_string(passage));
      const Failure failure = connect({passage, websockets}, proxy.options());
      CHECK(failure.failed_to_connect);
      CHECK(contains(failure.text, "the proxy at 127.0.0.1:" + std::to_string(proxy.port()) +
                                       " cannot be reached: Connection refused"));
    }
  }
}

TEST_CASE("Proxy: that its rules allow no connection to the hub is told apart") {
  for (const Passage passage : {Passage::http, Passage::socks4}) {
    const ProxyProcess proxy(passage, 1);
    for (const bool websockets : kBoth) {
      const Failure failure = connect({passage, websockets}, proxy.options());
      passage == Passage::socks4 ? check_target_refused_or_not_reached(failure)
                                 : check_target_refused(failure);
    }
  }
}

TEST_CASE("Proxy: that the hub is not there is a failed connection, and dialled again") {
  SimulatorProcess hub({.devices = {"d"}, .websockets = true});
  hub.stop_broker();
  for (const Passage passage : kPassages) {
    const ProxyProcess proxy(passage);
    for (const bool websockets : kBoth) {
      const Failure failure = connect(make_core(hub, "d", {passage, websockets}, proxy.options()));
      passage == Passage::socks4 ? check_target_refused_or_not_reached(failure)
                                 : check_target_not_reached(failure);
    }
  }
}

TEST_CASE("Proxy: a certificate that is not trusted is the hub's, whatever is in between") {
  const SimulatorProcess hub(
      {.devices = {"d"}, .server_cert = "untrusted", .x509_devices = {"x"}, .websockets = true});
  for (const auto& passage : all_passages()) {
    std::optional<ProxyProcess> proxy;
    if (passage) proxy.emplace(*passage);
    for (const bool websockets : kBoth) {
      const Road road{passage, websockets};
      CAPTURE(to_string(road));
      const Failure failure = connect(
          make_core(hub, "d", road, proxy ? std::optional(proxy->options()) : std::nullopt));
      CHECK_FALSE(failure.failed_to_connect);
      CHECK(failure.code == Errc::tls_exchange_auth);
      CHECK(contains(failure.text, "untrusted"));
    }
  }
}

TEST_CASE("Proxy: it is the hub's name that is verified, and told to the hub, on each road") {
  const ServerCertificate certificate = make_server_certificate({.alternative_names = "DNS:other"});
  std::mutex mutex;
  std::vector<std::string> names;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.start_tls(certificate);
    const std::lock_guard lock(mutex);
    names.push_back(client.server_name());
  });
  for (const auto& passage : all_passages()) {
    std::optional<ProxyProcess> proxy;
    if (passage) proxy.emplace(*passage);
    for (const bool websockets : kBoth) {
      CAPTURE(to_string(Road{passage, websockets}));
      const Failure failure = connect(detail::HubClientCore::create(
          detail::config_from_symmetric_key(
              "ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "d",
              {.server_verification_cert = certificate.ca,
               .websockets = websockets,
               .proxy_options = proxy ? std::optional(proxy->options()) : std::nullopt,
               .port = server.port()}),
          make_mosquitto_transport_factory(), HandlerPool::shared()));
      CHECK(failure.code == Errc::tls_exchange_auth);
      CHECK(contains(failure.text, "not for localhost"));
    }
  }
  CHECK(eventually([&] {
    const std::lock_guard lock(mutex);
    return names.size() >= 12;
  }));
  const std::lock_guard lock(mutex);
  CHECK(names == std::vector<std::string>(names.size(), "localhost"));
}

TEST_CASE("Proxy: one that says nothing for ever is given up at the deadline of the connect") {
  const Lateness lateness;
  ScriptedServer silent([](ScriptedConnection& client) { client.wait_for_end(); });
  for (const ProxyType type : {ProxyType::http, ProxyType::socks4, ProxyType::socks5}) {
    for (const bool websockets : kBoth) {
      const Road road{Passage::http, websockets};
      const ProxyOptions options{.type = type, .address = "127.0.0.1", .port = silent.port()};
      const Stopwatch watch;
      const Failure failure = connect(make_core(road_hub(), next_device(road), road, options,
                                                {.resolver = nullptr, .connect_timeout = 500ms}));
      CHECK(watch.passed() >= 490ms);
      CHECK(watch.passed() <= lateness.allow(1500ms));
      CHECK(failure.failed_to_connect);
      CHECK(contains(failure.text, "waiting for the proxy at 127.0.0.1:"));
    }
  }
}

TEST_CASE("Proxy: a client comes back once the proxy does") {
  for (const Passage passage : kPassages) {
    for (const bool websockets : kBoth) {
      const Road road{passage, websockets, websockets};
      CAPTURE(to_string(road));
      ProxyProcess proxy(passage);
      const std::string device = next_device(road);
      const auto core = make_core(road_hub(), device, road, proxy.options());
      Said said;
      IoTHubDeviceClient client(core);
      said.listen_to(client);
      client.connect(60s);
      proxy.kill();
      CHECK(
          eventually([&] { return said.text().find("redial failed") != std::string::npos; }, 20s));
      CHECK_FALSE(client.connected());
      proxy.start();
      CHECK(eventually([&] { return client.connected(); }, 30s));
      client.send_message("afterwards", 30s);
      CHECK(road_hub().wait_for_telemetry(device, 1).at(0).payload == "afterwards");
      client.shutdown();
    }
  }
}

TEST_CASE("WebSocket: what the server says instead of making one is in the error") {
  const ServerCertificate certificate = make_server_certificate();
  const std::pair<UpgradeAnswer, const char*> answers[] = {
      {{.status = "HTTP/1.1 404 Not Found"}, "404 Not Found"},
      {{.accept = "bm90IHRoZSByaWdodCBvbmU="}, "another question"},
      {{.protocol = "amqp"}, "does not speak MQTT"}};
  for (const auto& [answer, word] : answers) {
    ScriptedServer server([&, answer = answer](ScriptedConnection& client) {
      if (client.start_tls(certificate)) accept_web_socket(client, answer);
      client.wait_for_end();
    });
    auto client = IoTHubDeviceClient::create_from_symmetric_key(
        "ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "d",
        {.server_verification_cert = certificate.ca, .websockets = true, .port = server.port()});
    try {
      client.connect(30s);
      FAIL_CHECK("it connected");
    } catch (const ConnectionFailedError& e) {
      CHECK(contains(e.what(), word));
    }
  }
}

}  // namespace azure::iot::device::test
