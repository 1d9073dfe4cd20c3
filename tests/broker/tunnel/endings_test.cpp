#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/far_end.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "broker/tunnel/road.hpp"
#include "broker/tunnel/stuck_hub.hpp"
#include "tests/support/lateness.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// A proxy that answers a client this many times and then no more. It requires a password.
class StuckProxy {
 public:
  explicit StuckProxy(int answers)
      : server_([this, answers](ScriptedConnection& client) {
          // Only SOCKS5 has several steps: the choice of a method, the password, the connection.
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

// Shuts a client down while it is dialling, or appears to be.
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
  std::this_thread::sleep_for(30ms);  // Steps after the first are not observable.
  const Stopwatch watch;
  client.shutdown();
  CHECK(watch.passed() <= lateness.allow(1000ms));
  CHECK(outcome.get() == "cancelled");
}

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

}  // namespace azure::iot::device::test
