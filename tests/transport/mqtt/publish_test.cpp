#include <atomic>
#include <future>
#include <mutex>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// The packets that a server received, shared between its threads and the test's.
class Record {
 public:
  void add(std::string packet) {
    const std::lock_guard lock(mutex_);
    packets_.push_back(std::move(packet));
    changed_.notify_all();
  }
  // Returns all packets, once this many have arrived or ten seconds have passed.
  std::vector<std::string> wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return packets_.size() >= count; });
    return packets_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> packets_;
};

bool is_publish(const std::string& packet) { return (packet.at(0) & 0xf0) == 0x30; }
bool is_again(const std::string& packet) { return (packet.at(0) & 0x08) != 0; }

// Returns the payloads, with "+" before those marked as duplicates.
std::string payloads(const std::vector<std::string>& packets) {
  std::string text;
  for (const std::string& packet : packets) {
    if (!is_publish(packet)) continue;
    if (is_again(packet)) text += "+";
    text += packet.back();
  }
  return text;
}

}  // namespace

TEST_CASE("Publish: no more than max_in_flight are on their way, the rest follows in order") {
  Record record;
  std::promise<void> go_on;
  const auto may_go_on = go_on.get_future().share();
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      record.add(packet);
      if (mid_of(packet) == 3) may_go_on.wait();
      client.write(puback(mid_of(packet)));
    }
  });
  auto config = config_for(server);
  config.max_in_flight = 3;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  // In one turn, so that no acknowledgement comes in between.
  probe.on_loop([](MqttTransport& transport) {
    for (std::uint32_t i = 0; i < 9; ++i) {
      CHECK_FALSE(transport.publish({i, 1}, "t", std::to_string(i)));
    }
  });
  probe.give_up(7);
  go_on.set_value();
  CHECK(probe.wait_for("ack 8"));
  CHECK(payloads(record.wait_for(8)) == "01234568");
  CHECK(probe.told() ==
        Lines{"connected", "ack 0", "ack 1", "ack 2", "ack 3", "ack 4", "ack 5", "ack 6", "ack 8"});
}

TEST_CASE("Publish: what was not acknowledged is sent again, in order and before what waited") {
  Record record;
  std::atomic<int> connections = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    const bool first = connections++ == 0;
    client.accept_client(certificate(), !first);
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      record.add(packet);
      if (!first) client.write(puback(mid_of(packet)));
      if (first && payloads({packet}) == "2") return client.reset();
    }
  });
  auto config = config_for(server);
  config.max_in_flight = 3;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  probe.on_loop([](MqttTransport& transport) {
    for (std::uint32_t i = 0; i < 5; ++i) {
      CHECK_FALSE(transport.publish({i, 1}, "t", std::to_string(i)));
    }
  });
  REQUIRE(probe.wait_for("disconnected connection_dropped"));
  CHECK(probe.publish(9, "t", "9").code() == Errc::no_connection);
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("ack 4"));
  CHECK(payloads(record.wait_for(8)) == "012+0+1+234");
  CHECK(probe.told() == Lines{"connected", "disconnected connection_dropped", "connected again",
                              "ack 0", "ack 1", "ack 2", "ack 3", "ack 4"});
}

TEST_CASE("Publish: after a hard disconnect nothing is sent again") {
  Record record;
  std::atomic<int> connections = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    const bool first = connections++ == 0;
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      record.add(packet);
      if (!first) client.write(puback(mid_of(packet)));
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t", "1"));
  REQUIRE_FALSE(probe.subscribe(2, "t"));
  REQUIRE_FALSE(probe.publish(3, "t", "3"));
  record.wait_for(3);
  // The cancellations are reported inside the call, before its own result.
  probe.on_loop([&](MqttTransport& transport) {
    CHECK_FALSE(transport.disconnect(true));
    CHECK(probe.told().size() == 4);
  });
  REQUIRE(probe.wait_for("disconnected"));
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected", 2));
  REQUIRE_FALSE(probe.publish(4, "t", "4"));
  CHECK(probe.wait_for("ack 4"));
  CHECK(payloads(record.wait_for(5)) == "134");
  CHECK(probe.told() == Lines{"connected", "ack 1 operation_cancelled", "ack 2 operation_cancelled",
                              "ack 3 operation_cancelled", "disconnected", "connected", "ack 4"});
}

TEST_CASE("Publish: a soft disconnect keeps what waits for the next connection") {
  Record record;
  std::atomic<int> connections = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    const bool first = connections++ == 0;
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      record.add(packet);
      if (!first) client.write(puback(mid_of(packet)));
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t", "1"));
  record.wait_for(1);
  REQUIRE_FALSE(probe.disconnect());
  REQUIRE(probe.wait_for("disconnected"));
  // DISCONNECT was the last packet of the connection.
  CHECK(record.wait_for(2).back() == std::string{'\xe0', '\0'});
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("ack 1"));
  CHECK(payloads(record.wait_for(3)) == "1+1");
}

TEST_CASE("Publish: acknowledgements that come twice, late or for nobody do no harm") {
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      const std::uint16_t mid = mid_of(packet);
      client.write(puback(mid) + puback(mid) + puback(999) + suback(mid, 1));
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t", "1"));
  CHECK(probe.wait_for("ack 1"));
  REQUIRE_FALSE(probe.publish(2, "t", "2"));
  CHECK(probe.wait_for("ack 2"));
  CHECK(probe.told() == Lines{"connected", "ack 1", "ack 2"});
}

TEST_CASE("Publish: a bad topic is refused, and is not sent later") {
  ScriptedServer server([&](ScriptedConnection& client) {
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  auto config = config_for(server);
  config.max_in_flight = 1;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (int i = 0; i < 2; ++i) {  // With room in the window, and without.
    for (const std::string topic : {"", "a/+", "#", "\xff"}) {
      CHECK(probe.publish(1, topic, "x").code() == Errc::protocol_client);
    }
    CHECK(probe.publish(1, std::string("a\0b", 3)).code() == Errc::protocol_client);
    CHECK(probe.publish(1, std::string(65536, 'a')).code() == Errc::protocol_client);
    CHECK_FALSE(probe.publish(2, "good"));
  }
}

TEST_CASE("Unsubscribe: it is acknowledged, and needs a connection and a topic") {
  Record record;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      record.add(packet);
      client.write(unsuback(mid_of(packet)));
    }
  });
  TransportProbe probe(config_for(server), quick());
  CHECK(probe.unsubscribe(1, "a/#").code() == Errc::no_connection);
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  CHECK(probe.unsubscribe(1, "").code() == Errc::protocol_client);
  REQUIRE_FALSE(probe.unsubscribe(2, "a/#"));
  CHECK(probe.wait_for("ack 2"));
  const auto packets = record.wait_for(1);
  CHECK(type_of(packets.at(0)) == PacketType::unsubscribe);
  CHECK(packets.at(0).ends_with("a/#"));
}

TEST_CASE("Publish: a server that reads late gets everything, in order, and is waited for") {
  std::promise<void> read_on;
  ScriptedServer server([&, may = read_on.get_future().share()](ScriptedConnection& client) {
    client.accept_client(certificate());
    may.wait();
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      client.write(puback(mid_of(packet)));
    }
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  // More than any socket buffers.
  for (std::uint32_t i = 0; i < 100; ++i) {
    REQUIRE_FALSE(probe.publish(i, "t", std::string(128 * 1024, 'x')));
  }
  probe.turn();
  CHECK(probe.told() == Lines{"connected"});
  read_on.set_value();
  REQUIRE(probe.wait_for("ack 99"));
  Lines expected{"connected"};
  for (int i = 0; i < 100; ++i) expected.push_back("ack " + std::to_string(i));
  CHECK(probe.told() == expected);
}
