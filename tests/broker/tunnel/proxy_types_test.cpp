// Proxies of another type than configured, or unavailable for the moment.
#include <chrono>
#include <optional>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/said.hpp"
#include "broker/tunnel/failure.hpp"
#include "tests/support/scripted_server.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

struct Mistake {
  Passage is;
  ProxyType taken_for;
  const char* kind;
};
// SOCKS4 taken for SOCKS5 is missing, since Dante serves both.
constexpr Mistake kMistakes[] = {
    {Passage::http, ProxyType::socks4, "a SOCKS4 proxy"},
    {Passage::http, ProxyType::socks5, "a SOCKS5 proxy"},
    {Passage::socks4, ProxyType::http, "an HTTP proxy"},
    {Passage::socks5, ProxyType::http, "an HTTP proxy"},
    {Passage::socks5, ProxyType::socks4, "a SOCKS4 proxy"},
};

Failure connect_to_answering(std::string_view answer, ProxyType type) {
  ScriptedServer server([&](ScriptedConnection& client) {
    client.read_some(600);
    client.write(answer);
    client.wait_for_end();
  });
  return connect({}, ProxyOptions{.type = type, .address = "127.0.0.1", .port = server.port()});
}

}  // namespace

TEST_CASE("Proxy: one that is of another type is told as that, and which type was expected") {
  for (const Mistake& mistake : kMistakes) {
    const ProxyProcess proxy(mistake.is);
    for (const bool websockets : {false, true}) {
      CAPTURE(to_string(mistake.is));
      ProxyOptions options = proxy.options();
      options.type = mistake.taken_for;
      // Some wait for more bytes.
      const Failure failure =
          connect({mistake.is, websockets}, options, {.resolver = nullptr, .connect_timeout = 2s});
      CAPTURE(failure.text);
      CHECK(failure.code != Errc::ok);
      CHECK(contains(failure.text, "the proxy at 127.0.0.1:" + std::to_string(proxy.port())));
      CHECK(contains(failure.text, mistake.kind));
      CHECK(contains(failure.text, "check "));
      CHECK_FALSE(contains(failure.text, "libcurl"));
    }
  }
}

TEST_CASE("Proxy: one that answers in another protocol is not dialled again") {
  for (const std::string_view answer :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "+OK ready\r\n"}) {
    CAPTURE(answer);
    const Failure failure = connect_to_answering(answer, ProxyType::socks5);
    CAPTURE(failure.text);
    CHECK(failure.code == Errc::protocol_proxy);
    CHECK(contains(failure.text, "does not answer as a SOCKS5 proxy does"));
    CHECK(contains(connect_to_answering(answer, ProxyType::socks4).text,
                   "does not answer as a SOCKS4 proxy does"));
  }
}

TEST_CASE("Proxy: what a SOCKS5 proxy says of the hub is in the error, in words") {
  const auto told = [](char reply) {
    ScriptedServer server([&](ScriptedConnection& client) {
      client.read(3);
      client.write(std::string{5, 0});
      client.read_some(600);
      client.write(std::string{5, reply, 0, 1, 0, 0, 0, 0, 0, 0});
      client.wait_for_end();
    });
    return connect(
        {}, ProxyOptions{.type = ProxyType::socks5, .address = "127.0.0.1", .port = server.port()});
  };
  const std::pair<char, const char*> kReplies[] = {{1, "it failed, and does not say why"},
                                                   {3, "it has no way to that network"},
                                                   {4, "it does not find that host"},
                                                   {5, "nothing listens there"},
                                                   {6, "the way there is too long"}};
  for (const auto& [reply, words] : kReplies) {
    const Failure failure = told(reply);
    CAPTURE(failure.text);
    CHECK(failure.failed_to_connect);
    CHECK(contains(failure.text, words));
  }
  for (const auto& [reply, words] :
       {std::pair{'\2', "its rules do not allow it"}, std::pair{'\7', "it makes no connections"},
        std::pair{'\x8', "it takes no names"}}) {
    const Failure failure = told(reply);
    CAPTURE(failure.text);
    CHECK(failure.code == Errc::protocol_proxy);
    CHECK(contains(failure.text, words));
  }
}

// As when something in front of the proxy accepts while the proxy restarts.
TEST_CASE("Proxy: a client comes back after one that hung up on it while it dialled") {
  for (const Passage passage : kPassages) {
    for (const bool websockets : {false, true}) {
      const Road road{passage, websockets};
      CAPTURE(to_string(road));
      ProxyProcess proxy(passage);
      Said said;
      IoTHubDeviceClient client(make_core(road_hub(), next_device(road), road, proxy.options()));
      said.listen_to(client);
      client.connect(60s);
      proxy.kill();
      {
        const ScriptedServer busy([](ScriptedConnection& each) { each.read_some(1); },
                                  {.port = proxy.port()});
        CHECK(eventually(
            [&] { return said.text().find("hung up instead of answering") != std::string::npos; },
            20s));
      }
      proxy.start();
      CHECK(eventually([&] { return client.connected(); }, 30s));
    }
  }
}

}  // namespace azure::iot::device::test
