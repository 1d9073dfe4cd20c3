// The last accepted value of each limit, and the first rejected one.
#include <future>

#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/support/log_listener.hpp"
#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

void acknowledge(ScriptedConnection& client) {
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if (type_of(packet) == PacketType::publish) client.write(puback(mid_of(packet)));
    if (type_of(packet) == PacketType::subscribe) client.write(suback(mid_of(packet), 1));
    if (type_of(packet) == PacketType::unsubscribe) client.write(unsuback(mid_of(packet)));
  }
}

void serve(ScriptedConnection& client) {
  if (client.accept_client(certificate())) acknowledge(client);
}

std::string with_nul(std::string text) { return text.replace(1, 1, 1, '\0'); }

}  // namespace

TEST_CASE("Limits: a topic of 65535 bytes is sent, subscribed to and unsubscribed from") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  const std::string longest(65535, 'a');
  CHECK_FALSE(probe.publish(1, longest));
  CHECK_FALSE(probe.subscribe(2, longest));
  CHECK_FALSE(probe.unsubscribe(3, longest));
  CHECK(probe.wait_for("ack 1"));
  CHECK(probe.wait_for("ack 2"));
  CHECK(probe.wait_for("ack 3"));
  for (const std::string& topic : {longest + "a", std::string(), with_nul("abc")}) {
    CHECK(probe.publish(4, topic).code() == Errc::protocol_client);
    CHECK(probe.subscribe(5, topic).code() == Errc::protocol_client);
    CHECK(probe.unsubscribe(6, topic).code() == Errc::protocol_client);
  }
  CHECK(probe.told().size() == 4);
}

TEST_CASE("Limits: the longest topic may wait for room in the window, too") {
  std::promise<void> go_on;
  ScriptedServer server([&, may = go_on.get_future().share()](ScriptedConnection& client) {
    client.accept_client(certificate());
    may.wait();
    acknowledge(client);
  });
  auto config = config_for(server);
  config.max_in_flight = 1;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  CHECK_FALSE(probe.publish(1, "t"));
  CHECK_FALSE(probe.publish(2, std::string(65535, 'a')));
  CHECK(probe.publish(3, std::string(65536, 'a')).code() == Errc::protocol_client);
  CHECK(probe.publish(4, "").code() == Errc::protocol_client);
  CHECK(probe.publish(5, "a/#").code() == Errc::protocol_client);
  CHECK(probe.publish(6, with_nul("abc")).code() == Errc::protocol_client);
  go_on.set_value();
  CHECK(probe.wait_for("ack 2"));
  CHECK(probe.told() == Lines{"connected", "ack 1", "ack 2"});
}

TEST_CASE("Limits: a password of 65535 bytes is sent whole, and none with a NUL") {
  std::promise<std::size_t> size;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.start_tls(certificate());
    size.set_value(client.read_packet().size());
    client.write(connack(0));
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  CHECK(probe.connect(with_nul("abc")).code() == Errc::protocol_client);
  CHECK(probe.connect(std::string(65536, 'p')).code() == Errc::protocol_client);
  REQUIRE_FALSE(probe.connect(std::string(65535, 'p')));
  CHECK(probe.wait_for("connected"));
  CHECK(size.get_future().get() > 65535);
}

TEST_CASE("Limits: a user name that MQTT cannot carry is said to be at fault") {
  ScriptedServer server(serve);
  auto config = config_for(server);
  config.username = std::string(65536, 'u');
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("failed protocol_client"));
  CHECK(contains(probe.last_detail(), "user name"));
}

TEST_CASE("Limits: as many publishes are on their way as the window has places, more than 20") {
  std::promise<int> before_an_answer;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    std::vector<std::uint16_t> mids;
    while (mids.size() < 500) mids.push_back(mid_of(client.read_packet()));
    before_an_answer.set_value(static_cast<int>(mids.size()));
    for (const std::uint16_t mid : mids) client.write(puback(mid));
    acknowledge(client);
  });
  auto config = config_for(server);
  config.max_in_flight = 500;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t i = 0; i < 600; ++i) REQUIRE_FALSE(probe.publish(i, "t"));
  CHECK(probe.wait_for("ack 599"));
  CHECK(before_an_answer.get_future().get() == 500);
}

TEST_CASE("Limits: a window without a place has one") {
  ScriptedServer server(serve);
  auto config = config_for(server);
  config.max_in_flight = 0;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  CHECK_FALSE(probe.publish(1, "t"));
  CHECK_FALSE(probe.publish(2, "t"));
  CHECK(probe.wait_for("ack 2"));
}

TEST_CASE("Limits: a packet of the allowed size is taken, in pieces and again and again") {
  constexpr std::size_t kMost = 100'000;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    const std::string packet = publish_packet("t", std::string(90'000, 'x'));
    for (int i = 0; i < 5; ++i) {
      client.write(packet.substr(0, 60'000));
      client.read_packet();  // The client has had time for the first piece.
      client.write(packet.substr(60'000));
    }
    client.wait_for_end();
  });
  MosquittoTransportOptions options = quick();
  options.max_packet_size = kMost;
  TransportProbe probe(config_for(server), options);
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t i = 0; i < 5; ++i) {
    probe.turn();
    REQUIRE_FALSE(probe.publish(i, "t"));
  }
  CHECK(probe.wait_for_count(6));
  CHECK(probe.told().back().starts_with("message t x"));
}

TEST_CASE("Limits: a packet beyond the allowed size ends the connection, and the size is named") {
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.write(publish_packet("t", std::string(150'000, 'x')).substr(0, 149'000));
    client.wait_for_end();
  });
  MosquittoTransportOptions options = quick();
  options.max_packet_size = 100'000;
  TransportProbe probe(config_for(server), options);
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("disconnected protocol_client"));
  CHECK(contains(probe.last_detail(), "100000 bytes"));
}

TEST_CASE("Limits: the default allows a packet of a megabyte") {
  CHECK(MosquittoTransportOptions().max_packet_size == 1024 * 1024);
  CHECK(MosquittoTransportOptions().connect_timeout == std::chrono::seconds(30));
  CHECK(MosquittoTransportOptions().disconnect_timeout == std::chrono::seconds(1));
}

TEST_CASE("Limits: a keep-alive that is not possible is warned of, one that is is not") {
  const auto warnings = [](std::chrono::seconds keep_alive) {
    const LogListener log(LogLevel::warning);
    auto config = config_for(8883, certificate().ca);
    config.client_id = "id";
    config.keep_alive = keep_alive;
    const TransportProbe probe(config, quick());
    return log.records;
  };
  using std::chrono::seconds;
  CHECK(warnings(seconds(4)) == Lines{"warning|MqttTransport|id|keep_alive of 4 s is not possible: "
                                      "5 s is used"});
  CHECK(warnings(seconds(70'000)).size() == 1);
  for (const int possible : {0, 5, 60, 65535}) CHECK(warnings(seconds(possible)).empty());
}

TEST_CASE("Limits: small packets are not held up for larger ones") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  const int fd = socket_to(server);
  REQUIRE(fd >= 0);
  REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
  CHECK(no_delay != 0);
}

TEST_CASE("Limits: without a client id or a host name no transport is made") {
  auto config = config_for(8883, certificate().ca);
  config.client_id.clear();
  CHECK(contains(TransportProbe(config).creation_error.detail(), "client_id"));
  config = config_for(8883, certificate().ca);
  config.hostname.clear();
  CHECK(contains(TransportProbe(config).creation_error.detail(), "hostname"));
}

TEST_CASE("Limits: the port is that of MQTT over TLS, or of WebSockets, unless it is chosen") {
  for (const bool websockets : {false, true}) {
    auto config = config_for(0, certificate().ca);
    config.websockets = websockets;
    if (missing_tunnel(websockets, {})) continue;
    MosquittoTransportOptions options = quick();
    options.resolver = std::make_shared<FixedResolver>(Lines{"127.0.0.9"});  // No server is there.
    TransportProbe probe(config, options);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(1));
    CHECK(contains(probe.last_detail(), websockets ? "localhost:443 " : "localhost:8883 "));
  }
}
