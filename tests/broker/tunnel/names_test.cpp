// Names are resolved only by this library's resolver or by the proxy.
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include "broker/tunnel/road.hpp"
#include "tests/support/scripted_server.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

using Names = std::vector<std::string>;

// Resolves these names, and records each request.
class NotingResolver final : public Resolver {
 public:
  explicit NotingResolver(std::map<std::string, std::string> known) : known_(std::move(known)) {}

  void resolve(const std::string& host, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(host);
    }
    const auto found = known_.find(host);
    if (found == known_.end()) return done(Error(Errc::connection_failed, host + " is unknown"));
    done(Names{found->second});
  }
  Names asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  const std::map<std::string, std::string> known_;
  mutable std::mutex mutex_;
  Names asked_;
};

struct Circumstances {
  std::string user = {};
  std::string password = {};
  bool hub_is_known = true;  // To the resolver; the proxy always does.
};

// The bytes that a client sends to a proxy of that type, for a hub with a name.
std::string told_to_proxy(ProxyType type, bool websockets, const Circumstances& by = {}) {
  std::promise<std::string> told;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    if (type == ProxyType::http) {
      std::string head;
      while (head.find("\r\n\r\n") == std::string::npos) head += client.read(1);
      return told.set_value(head.substr(0, head.find("\r\n")));
    }
    if (type == ProxyType::socks4) return told.set_value(client.read_some(100));
    client.read(static_cast<unsigned char>(client.read(2)[1]));  // The methods that it offers.
    client.write(std::string{5, 0});
    const std::string head = client.read(5);
    const auto length = static_cast<unsigned char>(head[4]);
    told.set_value(head + client.read(length + 2U));
  });
  std::map<std::string, std::string> known{{"proxy.invalid", "127.0.0.1"}};
  if (by.hub_is_known) known["hub.invalid"] = "192.0.2.7";
  const auto resolver = std::make_shared<NotingResolver>(known);
  IoTHubDeviceClient client(detail::HubClientCore::create(
      detail::config_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "hub.invalid", "d",
                                        {.websockets = websockets,
                                         .proxy_options = ProxyOptions{.type = type,
                                                                       .address = "proxy.invalid",
                                                                       .port = proxy.port(),
                                                                       .username = by.user,
                                                                       .password = by.password},
                                         .port = 8883}),
      make_mosquitto_transport_factory({.resolver = resolver}), HandlerPool::shared()));
  CHECK_THROWS_AS(client.connect(60s), IotError);
  auto text = told.get_future();
  REQUIRE(text.wait_for(0s) == std::future_status::ready);
  return text.get();
}

}  // namespace

TEST_CASE("Names: a hub behind a proxy is looked up by the proxy, if its kind can") {
  for (const Passage passage : kPassages) {
    for (const bool websockets : {false, true}) {
      const Road road{passage, websockets};
      CAPTURE(to_string(road));
      const ProxyProcess proxy(passage);
      ProxyOptions options = proxy.options();
      options.address = "proxy.invalid";  // Known to this resolver alone:
      const auto resolver = std::make_shared<NotingResolver>(std::map<std::string, std::string>{
          {"proxy.invalid", "127.0.0.1"}, {"localhost", "127.0.0.1"}});
      IoTHubDeviceClient client(
          make_core(road_hub(), next_device(road), road, options, {.resolver = resolver}));
      client.send_message("x", 60s);
      Names expected{"proxy.invalid"};
      if (passage == Passage::socks4) expected.push_back("localhost");
      CHECK(resolver->asked() == expected);
    }
  }
}

TEST_CASE("Names: a WebSocket without a proxy is looked up as any hub is") {
  const auto resolver = std::make_shared<NotingResolver>(
      std::map<std::string, std::string>{{"localhost", "127.0.0.1"}});
  const Road road{.passage = {}, .websockets = true};
  IoTHubDeviceClient client(
      make_core(road_hub(), next_device(road), road, std::nullopt, {.resolver = resolver}));
  client.send_message("x", 60s);
  CHECK(resolver->asked() == Names{"localhost"});
}

TEST_CASE("Names: what the environment says of proxies does not count") {
  constexpr const char* kVariables[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};
  for (const char* name : kVariables) ::setenv(name, "http://127.0.0.1:1", 1);
  ::setenv("no_proxy", "*", 1);
  {
    const Road road{.passage = {}, .websockets = true};
    IoTHubDeviceClient client(make_core(road_hub(), next_device(road), road, std::nullopt));
    CHECK_NOTHROW(client.send_message("x", 60s));
  }
  CHECK(told_to_proxy(ProxyType::http, false) == "CONNECT hub.invalid:8883 HTTP/1.1");
  for (const char* name : kVariables) ::unsetenv(name);
  ::unsetenv("no_proxy");
}

TEST_CASE("Names: a proxy is told the hub's name, or its address where it takes no names") {
  for (const bool websockets : {false, true}) {
    CHECK(told_to_proxy(ProxyType::http, websockets) == "CONNECT hub.invalid:8883 HTTP/1.1");
    // Version 5, connect, reserved, a name of 11 bytes; port 8883.
    CHECK(told_to_proxy(ProxyType::socks5, websockets) ==
          std::string{5, 1, 0, 3, 11} + "hub.invalid" + std::string{0x22, static_cast<char>(0xb3)});
    // Version 4, connect, port 8883, the address; no user.
    CHECK(told_to_proxy(ProxyType::socks4, websockets) ==
          std::string{4, 1, 0x22, static_cast<char>(0xb3), static_cast<char>(192), 0, 2, 7, 0});
    // With the user name. SOCKS4 has no password.
    CHECK(told_to_proxy(ProxyType::socks4, websockets, {.user = "me", .password = "a password"}) ==
          std::string{4, 1, 0x22, static_cast<char>(0xb3), static_cast<char>(192), 0, 2, 7, 'm',
                      'e', 0});
    // SOCKS4a: no address, and the name after the user.
    CHECK(told_to_proxy(ProxyType::socks4, websockets, {.hub_is_known = false}) ==
          std::string{4, 1, 0x22, static_cast<char>(0xb3), 0, 0, 0, 1, 0} + "hub.invalid" + '\0');
  }
}

}  // namespace azure::iot::device::test
