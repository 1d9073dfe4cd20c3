#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "pipeline/log.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Client: shutdown disconnects, tells the handler, and ends") {
  TestClient client;
  client.connect();
  std::vector<bool> states;
  client.core->on_connection_state_change([&](auto change) { states.push_back(change.connected); });
  CHECK(client.shutdown().succeeded());
  CHECK(client.transport.disconnects() == 1);
  CHECK_FALSE(client.core->connected());
  CHECK(states == std::vector<bool>{false});
  CHECK(client.loop->pending_timers() == 0);
}

TEST_CASE("Client: when shutdown is told, nothing on the loop keeps the client or the loop") {
  TestClient client;
  client.connect();
  const std::weak_ptr<detail::HubClientCore> core = client.core;
  bool told = false;
  client.core->start_shutdown(detail::Completion<void>([&](const Error&) {
    told = true;
    CHECK(core.expired());
  }));
  client.core.reset();
  client.advance(1s);
  CHECK(told);
}

TEST_CASE("Client: after shutdown every call is refused, and nothing is dialled") {
  TestClient client;
  client.shutdown();
  const auto refused = [](const auto& call) {
    return call.error().code() == Errc::pipeline_not_running;
  };
  CHECK(refused(client.connect()));
  CHECK(refused(client.disconnect()));
  CHECK(refused(client.send("hello")));
  CHECK(refused(client.get_twin()));
  CHECK(refused(client.on_message([](Message) {})));
  CHECK(client.shutdown().succeeded());
  client.advance(24h);
  CHECK(client.transport.dials() == 0);
  CHECK(client.transport.packets().empty());
}

TEST_CASE("Client: a second shutdown ends with the first") {
  TestClient client;
  client.connect();
  client.transport.silent_disconnect = true;
  const auto first = client.shutdown();
  const auto second = client.shutdown();
  CHECK_FALSE(first.done());
  CHECK_FALSE(second.done());
  client.advance(1s);
  CHECK(first.succeeded());
  CHECK(second.succeeded());
  CHECK(client.shutdown().succeeded());
}

TEST_CASE("Client: shutdown overtakes a connect in progress and what waits for it") {
  TestClient client;
  client.transport.script({stall});
  const auto connect = client.connect();
  const auto send = client.send("hello");
  const auto shutdown = client.shutdown();
  CHECK(connect.error().code() == Errc::operation_cancelled);
  CHECK(send.error().code() == Errc::operation_cancelled);
  CHECK(shutdown.succeeded());
}

TEST_CASE("Client: shutdown overtakes what waits for an acknowledgement or a response") {
  TestClient client;
  client.connect();
  client.transport.on_packet = nullptr;
  const auto twin = client.get_twin();
  client.transport.script_acks({stall});
  const auto send = client.send("hello");
  CHECK(client.shutdown().succeeded());
  CHECK(twin.error().code() == Errc::operation_cancelled);
  CHECK(send.error().code() == Errc::operation_cancelled);
}

TEST_CASE("Client: shutdown while waiting to redial ends the redialling") {
  TestClient client;
  client.connect();
  client.transport.script({refuse, refuse});
  client.drop();
  client.advance(10ms);
  CHECK(client.transport.dials() == 2);
  CHECK(client.shutdown().succeeded());
  client.advance(1h);
  CHECK(client.transport.dials() == 2);
}

// A far end that accepts a DISCONNECT and never closes the connection.
TEST_CASE("Client: shutdown does not wait for a far end that stays silent") {
  TestClient client;
  client.connect();
  std::vector<bool> states;
  client.core->on_connection_state_change([&](auto change) { states.push_back(change.connected); });
  client.transport.silent_disconnect = true;
  const auto shutdown = client.shutdown();
  client.advance(500ms - 1ms);
  CHECK_FALSE(shutdown.done());
  client.advance(1ms);
  CHECK(shutdown.succeeded());
  CHECK(states == std::vector<bool>{false});
}

TEST_CASE("Client: what has been received is handled before the client ends") {
  TestClient client;
  client.connect();
  std::vector<std::string> seen;
  client.on_message([&](Message m) { seen.push_back(m.data); });
  client.transport.receive("devices/dev1/messages/devicebound/%24.mid=1", "last");
  CHECK(client.shutdown().succeeded());
  CHECK(seen == std::vector<std::string>{"last"});
}

TEST_CASE("Client: shutdown may be started from inside a handler") {
  TestClient client;
  client.connect();
  Call<void> shutdown;
  client.on_message([&](Message) { client.core->start_shutdown(shutdown.completion()); });
  client.receive_c2d("end");
  CHECK(shutdown.succeeded());
}

TEST_CASE("Client: one that is dropped shuts itself down") {
  TestClient client;
  client.connect();
  { IoTHubDeviceClient owner(std::move(client.core)); }
  client.loop->run_posted();
  CHECK(client.transport.disconnects() == 1);
  CHECK(client.loop->pending_timers() == 0);
}

// The objects that its handlers refer to may have been destroyed before.
TEST_CASE("Client: one that is dropped calls no handler any more") {
  TestClient client;
  client.connect();
  int calls = 0;
  client.core->on_connection_state_change([&](const auto&) { ++calls; });
  client.on_message([&](Message) { ++calls; });
  client.transport.receive("devices/dev1/messages/devicebound/%24.mid=1", "last");
  { IoTHubDeviceClient owner(std::move(client.core)); }
  client.loop->run_posted();
  CHECK(calls == 0);
}

TEST_CASE("Client: a blocking call from inside the loop is refused") {
  TestClient client;
  IoTHubDeviceClient blocking(client.core);
  client.loop->post([&] { CHECK_THROWS_AS(blocking.connect(), ClientError); });
  client.loop->run_posted();
  CHECK(client.transport.dials() == 0);
}

TEST_CASE("Client: neither key nor token reaches a log record or an error") {
  std::string said;
  set_log_sink(LogLevel::debug, [&](const LogRecord& r) { said += std::string(r.text) + '\n'; });
  TestClient client;
  client.transport.script({refuse_with(Error(Errc::unauthorized, "CONNACK 5"))});
  said += detail::exception_text(client.connect().error());
  client.connect();
  client.send("payload-to-keep");
  client.advance(2h);  // The token is renewed.
  client.drop();
  client.advance(1min);
  client.shutdown();
  set_log_sink(LogLevel::silent, {});

  CHECK(said.find("connected") != std::string::npos);
  CHECK(said.find(kTestKey) == std::string::npos);
  CHECK(said.find("payload-to-keep") == std::string::npos);
  for (const auto& password : client.transport.passwords()) {
    const std::string signature = password->substr(password->find("sig=") + 4, 20);
    CHECK(said.find(signature) == std::string::npos);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
