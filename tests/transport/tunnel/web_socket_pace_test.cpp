// Servers of MQTT over WebSockets that are slow, send endlessly, or hang up at a bad moment.
#include <atomic>
#include <chrono>
#include <ctime>
#include <future>
#include <thread>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/support/lateness.hpp"
#include "tests/support/process_probe.hpp"
#include "tests/transport/tunnel/web_socket_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The share of a core that this process uses during this time.
double load_during(Clock::duration time) {
  const double before = cpu_seconds();
  std::this_thread::sleep_for(time);  // The test is that nothing happens meanwhile.
  return (cpu_seconds() - before) / std::chrono::duration<double>(time).count();
}

bool eventually(const std::function<bool()>& condition) {
  for (const auto end = Clock::now() + 20s; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

// The longest delay of other work on the loop, over this many tries.
Clock::duration slowest_turn(TransportProbe& probe, int tries) {
  Clock::duration slowest{};
  for (int i = 0; i < tries; ++i) {
    const auto begin = Clock::now();
    probe.turn();
    slowest = std::max(slowest, Clock::now() - begin);
    std::this_thread::sleep_for(10ms);  // Spreads the tries.
  }
  return slowest;
}

// Whether the client's side has room, or makes some.
bool takes_more(ScriptedConnection& client) {
  pollfd room{client.wire().fd(), POLLOUT, 0};
  return ::poll(&room, 1, 200) == 1;
}

// Both routes that read TLS.
template <class Test>
void on_each_road(const Test& test) {
  SUBCASE("direct") { test(false); }
  SUBCASE("WebSocket") { test(true); }
}

}  // namespace

TEST_CASE("Roads: half a TLS record and then silence costs nothing, and the rest is understood") {
  on_each_road([](bool websockets) {
    std::promise<void> half, rest;
    ScriptedServer server([&](ScriptedConnection& client) {
      Packets packets(client);
      if (websockets ? !accept(client, packets) : !client.accept_client(certificate())) return;
      const std::string packet = publish_packet("t", std::string(1000, 'x'));
      const std::string records = client.sealed(websockets ? frame(packet) : packet);
      client.write_records(records.substr(0, 500));
      half.set_value();
      rest.get_future().wait();
      client.write_records(records.substr(500));
      client.wait_for_end();
    });
    auto config = config_for(server);
    config.websockets = websockets;
    TransportProbe probe(config, quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    half.get_future().wait();
    CHECK(load_during(300ms) < 0.2);
    rest.set_value();
    CHECK(probe.wait_for("message t " + std::string(1000, 'x')));
  });
}

TEST_CASE("Roads: a record that arrives slowly costs little") {
  on_each_road([](bool websockets) {
    ScriptedServer server([&](ScriptedConnection& client) {
      Packets packets(client);
      if (websockets ? !accept(client, packets) : !client.accept_client(certificate())) return;
      const std::string packet = publish_packet("t", std::string(15'000, 'x'));
      const std::string records = client.sealed(websockets ? frame(packet) : packet);
      for (std::size_t at = 0; at < records.size(); at += 500) {
        client.write_records(std::string_view(records).substr(at, 500));
        std::this_thread::sleep_for(10ms);  // This is the pace.
      }
      client.wait_for_end();
    });
    auto config = config_for(server);
    config.websockets = websockets;
    TransportProbe probe(config, quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    const double before = cpu_seconds();
    CHECK(probe.wait_for("message t " + std::string(15'000, 'x')));
    if (!kSanitized) CHECK(cpu_seconds() - before < 0.1);
  });
}

TEST_CASE("WebSocket: the beginning of a record right behind the upgrade's answer delays nothing") {
  ScriptedServer server([](ScriptedConnection& client) {
    if (!client.start_tls(certificate())) return;
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.read(1);
    const std::string answer = client.sealed(answer_upgrade(head));
    const std::string ping = client.sealed(to_bytes({Opcode::ping, "there?"}));
    client.write_records(answer + ping.substr(0, 7));
    Packets packets(client);
    if (packets.next().empty()) return;  // The CONNECT arrives nevertheless.
    client.write_records(ping.substr(7));
    client.write(frame(connack(0)));
    acknowledge(client, packets);
  });
  TransportProbe probe(over_web_socket(server), quick(2s));
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(1));
  CHECK(probe.told().front() == "connected");
  REQUIRE_FALSE(probe.publish(1, "t"));
  CHECK(probe.wait_for("ack 1"));
}

TEST_CASE("WebSocket: frames that break the protocol end the connection at once") {
  struct Breach {
    const char* name;
    std::string bytes;
  };
  const Breach breaches[] = {
      {"a reserved bit", std::string("\xc2\x04\x40\x02\x00\x01", 6)},
      {"a mask", std::string("\x82\x84\x01\x02\x03\x04\x41\x00\x03\x05", 10)},
      {"an unknown opcode", std::string("\x83\x00", 2)},
      {"a ping in fragments", std::string("\x09\x00", 2)},
      {"a ping that is too long", std::string("\x89\x7e\x00\x7e", 4) + std::string(126, 'x')},
      {"the rest of nothing", std::string("\x80\x00", 2)}};
  for (const Breach& breach : breaches) {
    CAPTURE(breach.name);
    ScriptedServer server([&](ScriptedConnection& client) {
      Packets packets(client);
      if (!accept(client, packets)) return;
      client.write(breach.bytes);
      client.wait_for_end();
    });
    TransportProbe probe(over_web_socket(server), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(2));
    CHECK(probe.told() == Lines{"connected", "disconnected connection_dropped"});
  }
}

TEST_CASE("WebSocket: pings without end cost little memory and leave other work its turn") {
  std::atomic<bool> enough = false;
  ScriptedServer server([&](ScriptedConnection& client) {
    Packets packets(client);
    if (!accept(client, packets)) return;
    std::string pings;
    for (int i = 0; i < 5000; ++i) pings += to_bytes({Opcode::ping, ""});
    std::thread reader([&] {
      // The answers are read below TLS, by another thread. Otherwise both sides would wait.
      char bytes[65536];
      while (::recv(client.wire().fd(), bytes, sizeof bytes, 0) > 0) {
      }
    });
    while (!enough) client.write(pings);
    ::shutdown(client.wire().fd(), SHUT_RDWR);
    reader.join();
  });
  TransportProbe probe(over_web_socket(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  const Lateness lateness;
  const std::size_t before = heap_in_use();
  const auto slowest = slowest_turn(probe, 50);
  const std::size_t after = heap_in_use();
  enough = true;
  if (!kSanitized) CHECK(slowest < lateness.allow(50ms));
  if (!kSanitized) CHECK(after < before + (4U << 20));
  CHECK(probe.wait_for("disconnected connection_dropped"));
}

TEST_CASE("WebSocket: pings whose answers nobody reads cost little memory") {
  std::atomic<std::size_t> sent = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    Packets packets(client);
    if (!accept(client, packets)) return;
    std::string pings;
    for (int i = 0; i < 5000; ++i) pings += to_bytes({Opcode::ping, ""});
    for (int i = 0; i < 2000; ++i) {
      client.write(pings);
      sent += pings.size();
    }
  });
  TransportProbe probe(over_web_socket(server), quick());
  const std::size_t before = heap_in_use();
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  std::size_t seen = 1;
  CHECK(eventually([&] {
    std::this_thread::sleep_for(100ms);  // Until the server cannot continue.
    return std::exchange(seen, sent) == sent;
  }));
  CHECK(sent < 2000 * 10'000);
  if (!kSanitized) CHECK(heap_in_use() < before + (4U << 20));
  CHECK(eventually([] { return load_during(200ms) < 0.2; }));
}

TEST_CASE("Roads: a server that leaves during a pause is noticed at once, and costs nothing") {
  for (const bool websockets : {false, true}) {
    for (const bool reset : {false, true}) {
      for (const int messages : {2, 2000}) {
        // A FIN follows all data, for which there must be room.
        if (!reset && messages > 2) continue;
        CAPTURE(websockets);
        CAPTURE(reset);
        CAPTURE(messages);
        std::promise<void> said_all, go_on;
        ScriptedServer server([&](ScriptedConnection& client) {
          Packets packets(client);
          if (websockets ? !accept(client, packets) : !client.accept_client(certificate())) return;
          websockets ? packets.next() : client.read_packet();
          const std::string packet = publish_packet("t", std::string(16 * 1024, 'x'));
          for (int i = 0; i < messages && takes_more(client); ++i) {
            client.write(websockets ? frame(packet) : packet);
          }
          said_all.set_value();
          go_on.get_future().wait();
          reset ? client.reset() : client.interrupt();
        });
        auto config = config_for(server);
        config.websockets = websockets;
        TransportProbe probe(config, quick());
        REQUIRE_FALSE(probe.connect());
        REQUIRE(probe.wait_for("connected"));
        probe.pause_reading(true);
        REQUIRE_FALSE(probe.publish(1, "t"));
        said_all.get_future().wait();
        const Lateness lateness;
        const double before = cpu_seconds();
        const auto begin = Clock::now();
        go_on.set_value();
        CHECK(eventually([&] { return probe.told().back().starts_with("disconnected"); }));
        CHECK(probe.told().back() == "disconnected connection_dropped");
        CHECK(Clock::now() - begin < lateness.allow(1s));
        CHECK(load_during(200ms) < 0.2);
        if (!kSanitized) CHECK(cpu_seconds() - before < 1);
      }
    }
  }
}

TEST_CASE("Roads: a disconnect waits until a slow server has taken all that was said before") {
  on_each_road([](bool websockets) {
    constexpr std::uint32_t kCount = 500;  // 15 MB: more than the system's buffers hold.
    std::promise<void> go_on;
    std::promise<std::pair<std::uint32_t, std::string>> got;
    ScriptedServer server([&](ScriptedConnection& client) {
      Packets packets(client);
      if (websockets ? !accept(client, packets) : !client.accept_client(certificate())) return;
      go_on.get_future().wait();
      std::uint32_t publishes = 0;
      std::string last;
      for (std::string packet;
           !(packet = websockets ? packets.next() : client.read_packet()).empty();) {
        if (type_of(packet) == PacketType::publish) ++publishes;
        if (publishes % 50 == 0) std::this_thread::sleep_for(20ms);  // A slow reader.
        last = packet;
      }
      got.set_value({publishes, last});
    });
    auto config = config_for(server);
    config.websockets = websockets;
    config.max_in_flight = kCount;
    auto options = quick();
    options.disconnect_timeout = 20s;
    TransportProbe probe(config, options);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    for (std::uint32_t i = 0; i < kCount; ++i) {
      REQUIRE_FALSE(probe.publish(i, "t", std::string(30'000, 'x')));
    }
    REQUIRE_FALSE(probe.disconnect());
    probe.turn();
    go_on.set_value();
    const auto [publishes, last] = got.get_future().get();
    CHECK(publishes == kCount);
    CHECK(last == std::string{'\xe0', '\0'});
    CHECK(probe.wait_for("disconnected"));
  });
}
