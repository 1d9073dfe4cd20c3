// A forked child that stays alive has a copy of every descriptor. The parent must not notice.
#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/lateness.hpp"
#include "tests/transport/tunnel/scripted_proxy.hpp"
#include "tests/transport/tunnel/web_socket_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::alarm(60);
    for (;;) ::pause();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  const pid_t pid_;
};

enum class Road { direct, web_socket, proxy };
std::string name_of(Road road) {
  switch (road) {
    case Road::direct: return "direct";
    case Road::web_socket: return "WebSocket";
    default: return "proxy";
  }
}

// Acknowledges everything, and hangs up on a publish of "leave".
class Server {
 public:
  explicit Server(Road road)
      : road_(road), server_([this](ScriptedConnection& client) { serve(client); }) {}

  MqttTransportConfig config() const {
    if (road_ == Road::proxy) return behind(server_, ProxyType::http);
    return road_ == Road::web_socket ? over_web_socket(server_) : config_for(server_);
  }
  int ended() const { return ended_; }

 private:
  void serve(ScriptedConnection& client) {
    Packets packets(client);
    if (road_ == Road::proxy) {
      read_head(client);
      client.write("HTTP/1.1 200 OK\r\n\r\n");
    }
    const bool framed = road_ == Road::web_socket;
    if (framed ? !accept(client, packets) : !client.accept_client(certificate())) return;
    for (std::string packet; !(packet = framed ? packets.next() : client.read_packet()).empty();) {
      if (type_of(packet) != PacketType::publish) continue;
      if (payload_of(packet) == "leave") return client.interrupt();
      client.write(framed ? frame(puback(mid_of(packet))) : puback(mid_of(packet)));
    }
    ++ended_;
  }

  const Road road_;
  std::atomic<int> ended_ = 0;
  ScriptedServer server_;
};

// The share of a core that this process uses while nothing happens.
double idle_load() {
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(200ms);
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / 0.2;
}

bool eventually(const std::function<bool()>& condition) {
  for (const auto end = Clock::now() + 20s; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

}  // namespace

TEST_CASE("Fork: beside a child that lives, a drop is noticed, costs nothing, and is mended") {
  for (const Road road : {Road::direct, Road::web_socket, Road::proxy}) {
    if (road != Road::direct && missing_tunnel(true, {})) continue;
    CAPTURE(name_of(road));
    Server server(road);
    TransportProbe probe(server.config(), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    const Child child;
    REQUIRE_FALSE(probe.publish(1, "t"));
    REQUIRE(probe.wait_for("ack 1"));
    const Lateness lateness;
    const auto begin = Clock::now();
    REQUIRE_FALSE(probe.publish(2, "t", "leave"));
    CHECK(probe.wait_for("disconnected connection_dropped"));
    CHECK(Clock::now() - begin < lateness.allow(1s));
    CHECK(idle_load() < 0.2);
  }
}

TEST_CASE("Fork: beside a child that lives, the server sees the end of a connection") {
  for (const Road road : {Road::direct, Road::web_socket, Road::proxy}) {
    if (road != Road::direct && missing_tunnel(true, {})) continue;
    CAPTURE(name_of(road));
    Server server(road);
    TransportProbe probe(server.config(), quick());
    for (int round = 1; round <= 3; ++round) {
      REQUIRE_FALSE(probe.connect());
      REQUIRE(probe.wait_for("connected", round));
      const Child child;
      const bool last = round == 3;
      if (last) probe.destroy();
      if (!last) {
        REQUIRE_FALSE(probe.disconnect());
        REQUIRE(probe.wait_for("disconnected", round));
      }
      CHECK(eventually([&] { return server.ended() == round; }));
      CHECK(idle_load() < 0.2);
    }
  }
}

TEST_CASE("Fork: beside a child that lives, a connect that is given up leaves no spin behind") {
  for (const Road road : {Road::direct, Road::web_socket, Road::proxy}) {
    if (road != Road::direct && missing_tunnel(true, {})) continue;
    CAPTURE(name_of(road));
    std::promise<void> come;
    ScriptedServer silent([&](ScriptedConnection& client) {
      client.read(1);
      come.set_value();
      client.wait_for_end();
    });
    auto config = road == Road::proxy ? behind(silent, ProxyType::http) : config_for(silent);
    config.websockets = road == Road::web_socket;
    TransportProbe probe(config, quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(come.get_future().wait_for(10s) == std::future_status::ready);
    const Child child;
    probe.on_loop([](MqttTransport& transport) { transport.cancel_connect(); });
    CHECK(idle_load() < 0.2);
  }
}

// Nothing that the child does with its copy may reach the server.
TEST_CASE("Fork: a child that destroys its copy does not end the parent's connection") {
  for (const Road road : {Road::direct, Road::web_socket, Road::proxy}) {
    if (road != Road::direct && missing_tunnel(true, {})) continue;
    CAPTURE(name_of(road));
    Server server(road);
    TransportProbe probe(server.config(), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      probe.destroy_here();
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    REQUIRE_FALSE(probe.publish(1, "t"));
    CHECK(probe.wait_for("ack 1"));
    CHECK(server.ended() == 0);
    REQUIRE_FALSE(probe.publish(2, "t", "leave"));
    CHECK(probe.wait_for("disconnected connection_dropped"));
  }
}
