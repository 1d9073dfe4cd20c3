#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/far_end.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "broker/tunnel/road.hpp"
#include "tests/support/lateness.hpp"
#include "tests/support/process_probe.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// How far a hub lets a client come.
enum class Stop { before_tls, before_web_socket, before_connack };

const ServerCertificate& certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

// A hub that stops answering there.
class StuckHub {
 public:
  StuckHub(Stop stop, bool websockets)
      : server_([stop, websockets](ScriptedConnection& client) {
          if (stop != Stop::before_tls && client.start_tls(certificate()) &&
              stop == Stop::before_connack && websockets) {
            accept_web_socket(client);
          }
          client.wait_for_end();
        }) {}
  std::uint16_t port() const { return server_.port(); }
  bool has_client() const { return server_.clients() > 0; }

 private:
  ScriptedServer server_;
};

IoTHubDeviceClient make_client(std::uint16_t port, bool websockets,
                               const std::optional<ProxyOptions>& proxy,
                               const MosquittoTransportOptions& options = {}) {
  return IoTHubDeviceClient(detail::HubClientCore::create(
      detail::config_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "d",
                                        {.server_verification_cert = certificate().ca,
                                         .websockets = websockets,
                                         .proxy_options = proxy,
                                         .port = port}),
      make_mosquitto_transport_factory(options), HandlerPool::shared()));
}

// A proxy that answers so many times what a client says to it, and then no more. It wants a
// password.
class StuckProxy {
 public:
  explicit StuckProxy(int answers)
      : server_([this, answers](ScriptedConnection& client) {
          // SOCKS5 alone has several steps: the choice of a method, the password, the connection.
          constexpr std::string_view kAnswers[] = {"\5\2", std::string_view("\1\0", 2)};
          for (int i = 0; i < answers && !client.read_some(600).empty(); ++i) {
            client.write(kAnswers[i]);
          }
          if (client.read(1).empty()) return;
          ++stuck_;
          client.wait_for_end();
        }) {}
  std::uint16_t port() const { return server_.port(); }
  int stuck() const { return stuck_; }

 private:
  std::atomic<int> stuck_ = 0;
  ScriptedServer server_;
};

// Shuts a client down once it is on its way, or seems to be.
void shut_down_while_dialling(IoTHubDeviceClient client, const std::function<bool()>& reached,
                              const Lateness& lateness) {
  std::promise<void> called;
  auto outcome = std::async(std::launch::async, [&]() -> std::string {
    called.set_value();
    try {
      client.connect(60s);
      return "connected";
    } catch (const OperationCancelled&) {
      return "cancelled";
    } catch (const IotError& e) {
      return e.what();
    }
  });
  called.get_future().wait();
  CHECK(eventually(reached, 20s));
  std::this_thread::sleep_for(30ms);  // What comes after the first step is seen by nobody.
  const Stopwatch watch;
  client.shutdown();
  CHECK(watch.passed() <= lateness.allow(1000ms));
  CHECK(outcome.get() == "cancelled");
}

std::vector<std::optional<Passage>> all_passages() {
  std::vector<std::optional<Passage>> passages{std::nullopt};
  for (const Passage passage : kPassages) passages.emplace_back(passage);
  return passages;
}

// Ends what it measures with as many descriptors and threads as there were.
class Leftovers {
 public:
  void check() const {
    CHECK(eventually([&] { return open_descriptors().size() <= descriptors_; }));
    CHECK(eventually([&] { return threads().size() <= threads_; }));
  }

 private:
  const std::size_t descriptors_ = open_descriptors().size();
  const std::size_t threads_ = threads().size();
};

}  // namespace

TEST_CASE("Roads: shutdown returns within a second wherever dialling has come to") {
  const Lateness lateness;
  for (const auto& passage : all_passages()) {
    std::optional<ProxyProcess> proxy;
    if (passage) proxy.emplace(*passage);
    const auto options = proxy ? std::optional(proxy->options()) : std::nullopt;
    for (const bool websockets : {false, true}) {
      for (const Stop stop : {Stop::before_tls, Stop::before_web_socket, Stop::before_connack}) {
        CAPTURE(to_string(Road{passage, websockets}));
        CAPTURE(static_cast<int>(stop));
        const StuckHub hub(stop, websockets);
        shut_down_while_dialling(
            make_client(hub.port(), websockets, options), [&] { return hub.has_client(); },
            lateness);
      }
    }
  }
}

TEST_CASE("Roads: shutdown returns within a second while a name is looked up") {
  const Lateness lateness;
  for (const auto& [proxy_name, type] :
       {std::pair("proxy.invalid", ProxyType::http), std::pair("proxy.invalid", ProxyType::socks4),
        std::pair("proxy.invalid", ProxyType::socks5),
        // Its own address is known, the hub's is not.
        std::pair("127.0.0.1", ProxyType::socks4)}) {
    for (const bool websockets : {false, true}) {
      const auto resolver = std::make_shared<StuckResolver>();
      const ProxyOptions proxy{.type = type, .address = proxy_name, .port = 1};
      shut_down_while_dialling(
          make_client(1, websockets, proxy, {.resolver = resolver}),
          [&] { return resolver->asked() > 0; }, lateness);
    }
  }
  const auto resolver = std::make_shared<StuckResolver>();
  shut_down_while_dialling(
      make_client(1, true, {}, {.resolver = resolver}), [&] { return resolver->asked() > 0; },
      lateness);
}

TEST_CASE("Roads: shutdown returns within a second while a proxy is dialled, or says nothing") {
  const Lateness lateness;
  const FullPort full;
  StuckProxy silent(0);
  for (const ProxyType type : {ProxyType::http, ProxyType::socks4, ProxyType::socks5}) {
    for (const bool websockets : {false, true}) {
      const ProxyOptions unheard{.type = type, .address = "127.0.0.1", .port = full.number()};
      shut_down_while_dialling(
          make_client(1, websockets, unheard), [] { return true; }, lateness);
      const int before = silent.stuck();
      const ProxyOptions unanswered{.type = type, .address = "127.0.0.1", .port = silent.port()};
      shut_down_while_dialling(
          make_client(1, websockets, unanswered), [&] { return silent.stuck() > before; },
          lateness);
    }
  }
  for (const int answers : {1, 2}) {
    StuckProxy proxy(answers);
    const ProxyOptions options{.type = ProxyType::socks5,
                               .address = "127.0.0.1",
                               .port = proxy.port(),
                               .username = kProxyUser,
                               .password = kProxyPassword};
    for (const bool websockets : {false, true}) {
      const int before = proxy.stuck();
      shut_down_while_dialling(
          make_client(1, websockets, options), [&] { return proxy.stuck() > before; }, lateness);
    }
  }
}

TEST_CASE("Roads: whoever stops answering is given up at the deadline of the connect") {
  const Lateness lateness;
  const auto check_given_up = [&](IoTHubDeviceClient client) {
    const Stopwatch watch;
    std::string why;
    try {
      client.connect(60s);
    } catch (const ConnectionFailedError& e) {
      why = e.what();
    }
    CHECK(watch.passed() <= lateness.allow(1300ms));
    CAPTURE(why);
    CHECK(why.find("still waiting for") != std::string::npos);
  };
  const MosquittoTransportOptions options{.resolver = nullptr, .connect_timeout = 300ms};
  for (const std::optional<Passage> passage :
       {std::optional<Passage>(), std::optional(Passage::http), std::optional(Passage::socks4),
        std::optional(Passage::socks5_user)}) {
    std::optional<ProxyProcess> proxy;
    if (passage) proxy.emplace(*passage);
    const auto proxy_options = proxy ? std::optional(proxy->options()) : std::nullopt;
    for (const bool websockets : {false, true}) {
      for (const Stop stop : {Stop::before_tls, Stop::before_web_socket, Stop::before_connack}) {
        CAPTURE(to_string(Road{passage, websockets}));
        CAPTURE(static_cast<int>(stop));
        const StuckHub hub(stop, websockets);
        check_given_up(make_client(hub.port(), websockets, proxy_options, options));
      }
    }
  }
  for (const int answers : {1, 2}) {
    StuckProxy proxy(answers);
    check_given_up(make_client(1, false,
                               ProxyOptions{.type = ProxyType::socks5,
                                            .address = "127.0.0.1",
                                            .port = proxy.port(),
                                            .username = kProxyUser,
                                            .password = kProxyPassword},
                               options));
  }
}

TEST_CASE("Roads: none takes a thread of its own, or more descriptors than it needs") {
  // Those that look names up, and run handlers, stay for a while. A thread has its name soon.
  const auto lasting_threads = [] {
    auto names = threads();
    std::erase(names, "azure-iot-dns");
    std::erase(names, "azure-iot-hdlr");
    return names.size();
  };
  const SimulatorProcess& hub = road_hub();
  const std::size_t without_client = lasting_threads();
  std::size_t descriptors = 0;  // On the direct road.
  for (const Road& road : {Road{},
                           {.passage = {}, .websockets = true},
                           {.passage = Passage::http_basic, .websockets = true},
                           {.passage = Passage::socks5_user}}) {
    CAPTURE(to_string(road));
    std::optional<ProxyProcess> proxy;
    if (road.passage) proxy.emplace(*road.passage);
    IoTHubDeviceClient client(make_core(hub, next_device(road), road,
                                        proxy ? std::optional(proxy->options()) : std::nullopt));
    client.send_message("x", 60s);
    CHECK(eventually([&] { return lasting_threads() == without_client + 1; }));
    if (descriptors == 0) descriptors = open_descriptors().size();
    // Both ends of the local socket, for plain MQTT.
    const std::size_t more = road.websockets ? 2 : 0;
    CHECK(eventually([&] { return open_descriptors().size() == descriptors + more; }));
  }
}

TEST_CASE("Roads: clients that came through leave no descriptor and no thread behind") {
  constexpr int kCycles = 5;
  std::vector<std::pair<Road, std::string>> roads;
  std::vector<std::unique_ptr<ProxyProcess>> proxies;
  for (const auto& passage : all_passages()) {
    for (const bool websockets : {false, true}) {
      proxies.push_back(passage ? std::make_unique<ProxyProcess>(*passage) : nullptr);
      const Road road{passage, websockets, !websockets};
      roads.emplace_back(road, next_device(road));
    }
  }
  const auto cycle = [&] {
    for (std::size_t i = 0; i < roads.size(); ++i) {
      const Road& road = roads[i].first;
      const std::string& device = roads[i].second;
      CAPTURE(to_string(road));
      IoTHubDeviceClient client(
          make_core(road_hub(), device, road,
                    proxies[i] ? std::optional(proxies[i]->options()) : std::nullopt));
      client.send_message("x", 60s);
      client.shutdown();
    }
  };
  cycle();  // Libraries set themselves up.
  const Leftovers leftovers;
  for (int i = 0; i < kCycles; ++i) cycle();
  leftovers.check();
}

TEST_CASE("Roads: clients that did not come through leave no descriptor and no thread behind") {
  constexpr int kCycles = 5;
  const ClosedPort closed;
  std::vector<std::unique_ptr<ProxyProcess>> proxies;
  for (const Passage passage : kPassages)
    proxies.push_back(std::make_unique<ProxyProcess>(passage));
  const StuckHub stuck(Stop::before_web_socket, true);
  const auto fails = [](IoTHubDeviceClient client, std::chrono::milliseconds timeout) {
    CHECK_THROWS_AS(client.connect(timeout), IotError);
  };
  const auto cycle = [&] {
    for (const auto& proxy : proxies) {
      for (const bool websockets : {false, true}) {
        fails(make_client(closed.number(), websockets, proxy->options()), 60s);
        fails(make_client(stuck.port(), websockets, proxy->options()), 50ms);
        ProxyOptions nowhere = proxy->options();
        nowhere.port = closed.number();
        fails(make_client(stuck.port(), websockets, nowhere), 60s);
      }
    }
    fails(make_client(stuck.port(), true, {}), 50ms);
  };
  cycle();
  // The stuck hub has a thread and a descriptor for each that has not gone yet.
  const Leftovers leftovers;
  for (int i = 0; i < kCycles; ++i) cycle();
  leftovers.check();
}

}  // namespace azure::iot::device::test
