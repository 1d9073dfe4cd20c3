// TCP connections to the first of several addresses that answers, on real sockets.
#include "transport/tcp_dial.hpp"

#include <chrono>
#include <future>
#include <optional>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/tcp.h>

#include "tests/support/lateness.hpp"
#include "tests/support/transport_configs.hpp"
#include "tests/support/web_socket_peer.hpp"
#include "tests/transport/tunnel/scripted_proxy.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// The outcome of a dial, and its duration.
struct Dialled {
  TcpDial::Outcome outcome;
  Clock::duration took{};
  Clock::duration bound{};  // The limit for a quick dial.
};

Dialled dial(const Lines& addresses, std::uint16_t port) {
  const auto loop = EventLoop::create();
  std::promise<TcpDial::Outcome> told;
  std::optional<TcpDial> dial;
  const Lateness lateness;
  const auto begin = Clock::now();
  loop->post([&] {
    dial.emplace(*loop, addresses, port,
                 [&](TcpDial::Outcome outcome) { told.set_value(std::move(outcome)); });
  });
  Dialled dialled{told.get_future().get()};
  dialled.took = Clock::now() - begin;
  dialled.bound = lateness.allow(TcpDial::kHeadStart);
  std::promise<void> gone;
  loop->post([&] {
    dial.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  return dialled;
}

// Two addresses with the same port. The first never answers.
class HalfSilent {
 public:
  explicit HalfSilent(ScriptedServer::Script script)
      : silent_([](ScriptedConnection& client) { client.wait_for_end(); }, {"127.0.0.3", 0}),
        good_(std::move(script), {"127.0.0.1", silent_.port()}) {
    silent_.drop_packets();
  }
  std::uint16_t port() const { return silent_.port(); }
  int clients() const { return good_.clients(); }
  MosquittoTransportOptions options() const {
    auto options = quick();
    options.resolver = std::make_shared<FixedResolver>(Lines{"127.0.0.3", "127.0.0.1"});
    return options;
  }

 private:
  ScriptedServer silent_;
  ScriptedServer good_;
};

// The duration of a connect, and of another one by the same client.
struct Times {
  Clock::duration first;
  Clock::duration second;
  Clock::duration bound;  // The limit for a quick connect.
};
Times connect_twice(const MqttTransportConfig& config, const HalfSilent& server) {
  TransportProbe probe(config, server.options());
  const Lateness lateness;
  Times times{};
  for (Clock::duration* const took : {&times.first, &times.second}) {
    const int round = took == &times.first ? 1 : 2;
    const auto begin = Clock::now();
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected", round));
    *took = Clock::now() - begin;
    REQUIRE_FALSE(probe.disconnect());
    REQUIRE(probe.wait_for("disconnected", round));
  }
  times.bound = lateness.allow(TcpDial::kHeadStart);
  return times;
}

void check_quick(const Times& times) {
  CHECK(times.first >= TcpDial::kHeadStart);
  CHECK(times.first < TcpDial::kHeadStart + times.bound);
  CHECK(times.second < times.bound);
}

}  // namespace

TEST_CASE("Dial order: families take turns, and the address that served last comes first") {
  CHECK(dial_order({"a:1", "a:2", "a:3", "4.1", "4.2"}) ==
        Lines{"a:1", "4.1", "a:2", "4.2", "a:3"});
  CHECK(dial_order({"4.1", "a:1", "a:2"}) == Lines{"4.1", "a:1", "a:2"});
  CHECK(dial_order({"a:1", "a:2", "4.1", "4.2"}, "4.2") == Lines{"4.2", "a:1", "4.1", "a:2"});
  CHECK(dial_order({"a:1", "a:2", "4.1"}, "a:2") == Lines{"a:2", "4.1", "a:1"});
  CHECK(dial_order({"4.1", "4.2"}, "4.9") == Lines{"4.1", "4.2"});
  CHECK(dial_order({"4.1", "4.1"}, "4.1") == Lines{"4.1", "4.1"});
  CHECK(dial_order({}).empty());
}

TEST_CASE(
    "TcpDial: the first address that answers is connected to, close-on-exec and without delay") {
  ScriptedServer server([](ScriptedConnection& client) { client.wait_for_end(); });
  const Dialled dialled = dial({"127.0.0.1", "127.0.0.2"}, server.port());
  REQUIRE(dialled.outcome.socket);
  CHECK(dialled.outcome.index == 0);
  CHECK(dialled.outcome.failures.empty());
  const int fd = dialled.outcome.socket.get();
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  CHECK(no_delay != 0);
}

TEST_CASE("TcpDial: after one that refuses the next is dialled at once") {
  ScriptedServer server([](ScriptedConnection& client) { client.wait_for_end(); });
  const Dialled dialled = dial({"127.0.0.2", "not an address", "127.0.0.1"}, server.port());
  REQUIRE(dialled.outcome.socket);
  CHECK(dialled.outcome.index == 2);
  REQUIRE(dialled.outcome.failures.size() == 2);
  CHECK(dialled.outcome.failures[0].index == 0);
  CHECK(dialled.outcome.failures[0].error_number == ECONNREFUSED);
  CHECK(dialled.outcome.failures[1].index == 1);
  CHECK(dialled.took < dialled.bound);
}

TEST_CASE("TcpDial: where every address fails, each is told with its reason") {
  const Dialled dialled = dial({"127.0.0.2", "127.0.0.3"}, free_port());
  CHECK_FALSE(dialled.outcome.socket);
  REQUIRE(dialled.outcome.failures.size() == 2);
  CHECK(dialled.outcome.failures[1].error_number == ECONNREFUSED);
}

TEST_CASE("TcpDial: beside one that is silent the next is dialled after a head start") {
  const HalfSilent server([](ScriptedConnection& client) { client.wait_for_end(); });
  const Dialled dialled = dial({"127.0.0.3", "127.0.0.1"}, server.port());
  REQUIRE(dialled.outcome.socket);
  CHECK(dialled.outcome.index == 1);
  CHECK(dialled.took >= TcpDial::kHeadStart);
  CHECK(dialled.took < TcpDial::kHeadStart + dialled.bound);
}

TEST_CASE("Roads: a silent address beside a good one costs little, and on a reconnect nothing") {
  SUBCASE("direct") {
    const HalfSilent server([](ScriptedConnection& client) {
      if (client.accept_client(certificate())) client.wait_for_end();
    });
    check_quick(connect_twice(config_for(server.port(), certificate().ca), server));
  }
  if (missing_tunnel(true, {})) return;
  SUBCASE("WebSocket") {
    const HalfSilent server([](ScriptedConnection& client) {
      if (!client.start_tls(certificate()) || accept_web_socket(client).empty()) return;
      read_frame(client);
      client.write(to_bytes({Opcode::binary, connack(0)}));
      client.wait_for_end();
    });
    auto config = config_for(server.port(), certificate().ca);
    config.websockets = true;
    check_quick(connect_twice(config, server));
  }
  SUBCASE("proxy") {
    const HalfSilent server([](ScriptedConnection& client) {
      read_head(client);
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      serve_behind_proxy(client);
    });
    auto config = config_for(8883, certificate().ca);
    config.proxy_options = ProxyOptions{.address = "proxy.example", .port = server.port()};
    check_quick(connect_twice(config, server));
  }
}
