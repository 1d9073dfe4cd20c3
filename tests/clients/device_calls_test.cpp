#include <doctest/doctest.h>

#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Client: connect dials with a token for the device and ends when connected") {
  TestClient client;
  CHECK_FALSE(client.core->connected());

  CHECK(client.connect().succeeded());
  CHECK(client.core->connected());
  REQUIRE(client.transport.dials() == 1);
  CHECK(client.transport.passwords()[0].value().starts_with(
      "SharedAccessSignature sr=hub1.azure-devices.test%2Fdevices%2Fdev1&sig="));
  CHECK(client.transport.config().client_id == "dev1");

  CHECK(client.connect().succeeded());  // There is a connection already.
  CHECK(client.transport.dials() == 1);
}

TEST_CASE("Client: a connect that is refused fails with what the far end said") {
  TestClient client;
  client.transport.script({refuse_with(Error(Errc::unauthorized, "CONNACK 5"))});
  const auto connect = client.connect();
  CHECK(connect.error().code() == Errc::unauthorized);
  CHECK(connect.error().detail() == "CONNACK 5");
  CHECK_FALSE(client.core->connected());
}

TEST_CASE("Client: a message connects first, and ends with its acknowledgement") {
  TestClient client;
  client.transport.script_acks({late});
  const auto send = client.send("hello");
  CHECK(client.transport.published() == std::vector<std::string>{"devices/dev1/messages/events/"});
  CHECK(client.transport.packets().at(0).payload == "hello");
  CHECK_FALSE(send.done());
  client.transport.release();
  client.loop->run_posted();
  CHECK(send.succeeded());
}

TEST_CASE("Client: without auto_connect a message needs a connection") {
  TestClient client({.auto_connect = false});
  client.transport.fail_calls({Error(Errc::no_connection, "there is none")});
  CHECK(client.send("hello").error().code() == Errc::no_connection);
  CHECK(client.transport.dials() == 0);
}

TEST_CASE("Client: a call ends at its own timeout, not before and not twice") {
  TestClient client;
  client.connect();
  client.transport.script_acks({late});
  const auto send = client.send("hello", 5s);
  client.advance(5s - 1ms);
  CHECK_FALSE(send.done());
  client.advance(1ms);
  CHECK(send.error().code() == Errc::timed_out);
  client.transport.release();
  client.loop->run_posted();
  CHECK(send.error().code() == Errc::timed_out);
}

TEST_CASE("Client: operation_timeout bounds calls that are given no timeout") {
  TestClient client({.operation_timeout = 90s});
  client.connect();
  client.transport.script_acks({stall, stall});
  const auto send = client.send("hello");
  const auto patient = client.send("hello", 0ms);
  client.advance(90s - 1ms);
  CHECK_FALSE(send.done());
  client.advance(1ms);
  CHECK(send.error().code() == Errc::timed_out);
  client.advance(50min);        // Then the token is renewed, and what waits sent again.
  CHECK_FALSE(patient.done());  // 0 means no timeout.
}

TEST_CASE("Client: a timeout too long to count never comes") {
  TestClient client;
  client.transport.script({stall});
  const auto connect = client.connect(std::chrono::milliseconds::max());
  client.advance(59s);
  CHECK_FALSE(connect.done());
  client.advance(1s);  // The transport stage's own limit.
  CHECK(connect.error().code() == Errc::timed_out);
}

TEST_CASE("Client: 262,144 bytes pass, one more is refused before anything is dialled") {
  TestClient client;
  CHECK(client.send(std::string(262144, 'x')).succeeded());
  const std::size_t sent = client.transport.packets().size();
  CHECK_THROWS_AS(client.send(std::string(262145, 'x')), std::invalid_argument);
  CHECK(client.transport.packets().size() == sent);
}

TEST_CASE("Client: a negative timeout is refused") {
  TestClient client;
  CHECK_THROWS_WITH_AS(client.connect(-1ms),
                       "timeout: must not be negative; 0 means no timeout; got -1 ms",
                       std::invalid_argument);
  CHECK(client.transport.dials() == 0);
}

TEST_CASE("Client: the first use of the twin subscribes to its responses, the second does not") {
  TestClient client;
  const auto twin = client.get_twin();
  REQUIRE(twin.succeeded());
  CHECK(twin.value()["desired"]["$version"].as_int() == 1);
  CHECK(client.transport.subscribed() == std::vector<std::string>{"$iothub/twin/res/#"});

  const auto patch = client.call([](auto& c, auto done) {
    c.start_patch_twin_reported_properties({{"a", 1}}, {}, std::move(done));
  });
  CHECK(patch.succeeded());
  CHECK(client.transport.subscribed().size() == 1);
}

TEST_CASE(
    "Client: a twin whose subscription is refused is not asked for, and the next call tries "
    "again") {
  TestClient client;
  client.connect();
  client.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  CHECK(client.get_twin().error().code() == Errc::protocol_client);
  CHECK(client.transport.published().empty());
  CHECK(client.get_twin().succeeded());
  CHECK(client.transport.subscribed().size() == 2);
}

TEST_CASE("Client: enabling and asking share one deadline") {
  TestClient client;
  client.connect();
  client.transport.on_packet = nullptr;  // No response.
  client.transport.script_acks({late});
  const auto twin = client.get_twin(8s);
  client.advance(5s);
  client.transport.release();
  client.advance(3s - 1ms);
  CHECK_FALSE(twin.done());
  client.advance(1ms);
  CHECK(twin.error().code() == Errc::timed_out);
}

TEST_CASE("Client: a service that refuses is told by its status") {
  TestClient client;
  client.transport.on_packet = [&](const FakeMqttTransport::Packet& packet) {
    const auto rid = packet.topic.find("$rid=");
    if (rid == std::string::npos) return;
    client.transport.receive("$iothub/twin/res/429/?" + packet.topic.substr(rid));
  };
  const auto twin = client.get_twin();
  CHECK(twin.error().code() == Errc::service);
  CHECK(twin.error().service_status() == 429);
}

TEST_CASE("Client: a disconnect gives up what waits for its acknowledgement") {
  TestClient client;
  client.connect();
  client.transport.script_acks({stall});
  const auto send = client.send("hello");
  CHECK(client.disconnect().succeeded());
  CHECK(send.error().code() == Errc::operation_cancelled);
  CHECK_FALSE(client.core->connected());
}

}  // namespace
}  // namespace azure::iot::device::test
