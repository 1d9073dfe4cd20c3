#include <stdexcept>

#include <doctest/doctest.h>

#include "pipeline/log.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

const std::string kC2dTopic = "devices/dev1/messages/devicebound/#";
const std::string kMethodsTopic = "$iothub/methods/POST/#";
const std::string kTwinTopic = "$iothub/twin/res/#";
const std::string kPatchTopic = "$iothub/twin/PATCH/properties/desired/#";
const std::string kTwinGetTopic = "$iothub/twin/GET/";

// The topics of the packets from `first` on, without their request ids.
Texts topics_from(const FakeMqttTransport& transport, std::size_t first) {
  Texts topics;
  for (; first < transport.packets().size(); ++first) {
    const std::string& topic = transport.packets()[first].topic;
    topics.push_back(topic.substr(0, topic.find('?')));
  }
  return topics;
}

TEST_CASE("Client: setting a handler subscribes, and messages reach it in order") {
  TestClient client;
  Texts seen;
  CHECK(client.on_message([&](Message m) { seen.push_back(m.data); }).succeeded());
  CHECK(client.transport.subscribed() == Texts{kC2dTopic});
  for (const char* text : {"a", "b", "c"}) client.receive_c2d(text);
  CHECK(seen == Texts{"a", "b", "c"});
}

TEST_CASE("Client: messages that come while there is no handler wait for one") {
  TestClient client;
  client.connect();
  client.receive_c2d("early");
  Texts seen;
  client.on_message([&](Message m) { seen.push_back(m.data); });
  CHECK(seen == Texts{"early"});
}

TEST_CASE("Client: a handler that is replaced gets nothing more, and nothing is subscribed anew") {
  TestClient client;
  Texts first, second;
  client.on_message([&](Message m) { first.push_back(m.data); });
  client.receive_c2d("a");
  client.on_message([&](Message m) { second.push_back(m.data); });
  client.receive_c2d("b");
  CHECK(first == Texts{"a"});
  CHECK(second == Texts{"b"});
  CHECK(client.transport.subscribed().size() == 1);
}

TEST_CASE("Client: clearing a handler unsubscribes, and what still comes is kept for the next") {
  TestClient client;
  Texts first, second;
  client.on_message([&](Message m) { first.push_back(m.data); });
  CHECK(client.on_message({}).succeeded());
  CHECK(client.transport.topics(FakeMqttTransport::Packet::Kind::unsubscribe) == Texts{kC2dTopic});
  client.receive_c2d("late");
  client.on_message([&](Message m) { second.push_back(m.data); });
  CHECK(first.empty());
  CHECK(second == Texts{"late"});
  CHECK(client.transport.subscribed() == Texts{kC2dTopic, kC2dTopic});
}

TEST_CASE("Client: a handler that cannot be enabled stays set, and its call fails") {
  TestClient client;
  client.connect();
  client.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  Texts seen;
  const auto set = client.on_message([&](Message m) { seen.push_back(m.data); });
  CHECK(set.error().code() == Errc::protocol_client);
  client.receive_c2d("a");
  CHECK(seen == Texts{"a"});
}

TEST_CASE("Client: a method request is answered from inside its handler") {
  TestClient client;
  Call<void> answered;
  client.on_method([&](MethodRequest request) {
    auto response = MethodResponse::create_from_method_request(request, 200, {{"done", true}});
    client.core->start_send_method_response(std::move(response), {}, answered.completion());
  });
  client.receive("$iothub/methods/POST/blink/?$rid=7", R"({"times": 3})");
  CHECK(answered.succeeded());
  CHECK(client.transport.published() == Texts{"$iothub/methods/res/200/?$rid=7"});
}

TEST_CASE("Client: method requests that nobody handled are dropped with the connection") {
  TestClient client({.connection_retry = false});
  client.connect();
  client.receive("$iothub/methods/POST/old/?$rid=1", "{}");
  client.drop();
  client.connect();
  client.receive("$iothub/methods/POST/new/?$rid=2", "{}");
  Texts seen;
  client.on_method([&](MethodRequest request) { seen.push_back(request.name); });
  CHECK(seen == Texts{"new"});
}

TEST_CASE("Client: responses to twin reads are subscribed to before patches, if they are ensured") {
  TestClient ensuring;
  CHECK(ensuring.on_patch([](Json) {}).succeeded());
  CHECK(ensuring.transport.subscribed() == Texts{kTwinTopic, kPatchTopic});

  TestClient plain({.ensure_desired_properties = false});
  CHECK(plain.on_patch([](Json) {}).succeeded());
  CHECK(plain.transport.subscribed() == Texts{kPatchTopic});
}

TEST_CASE("Client: a patch that was missed while disconnected comes after the next connect") {
  TestClient client;
  Texts seen;
  client.on_patch([&](Json patch) { seen.push_back(patch.dump()); });
  client.receive("$iothub/twin/PATCH/properties/desired/?$version=2", R"({"a": 1, "$version": 2})");
  client.drop();
  client.twin = R"({"desired": {"a": 2, "$version": 3}, "reported": {"$version": 1}})";
  client.transport.session_present = true;
  client.advance(10ms);
  CHECK(seen == Texts{R"({"a": 1, "$version": 2})", R"({"a": 2, "$version": 3})"});
}

TEST_CASE("Client: what is in use is subscribed again when the hub has lost the session") {
  TestClient client;
  client.on_message([](Message) {});
  client.on_method([](MethodRequest) {});
  client.transport.session_present = true;
  client.drop();
  client.advance(10ms);
  CHECK(client.transport.subscribed().size() == 2);  // The session is known.

  client.transport.session_present = false;
  client.drop();
  client.advance(10ms);
  CHECK(client.transport.subscribed() == Texts{kC2dTopic, kMethodsTopic, kC2dTopic, kMethodsTopic});
}

// The response to a read that is sent before its subscription may never arrive.
TEST_CASE("Client: a lost session is made good before the twin is read to look for changes") {
  TestClient client;
  client.on_patch([](Json) {});
  const std::size_t before = client.transport.packets().size();
  client.drop();
  client.advance(10ms);
  CHECK(topics_from(client.transport, before) == Texts{kTwinTopic, kPatchTopic, kTwinGetTopic});
}

TEST_CASE("Client: a lost session is made good before the call that connected goes on") {
  TestClient client({.connection_retry = false});
  client.get_twin();
  client.drop();
  const std::size_t before = client.transport.packets().size();
  CHECK(client.get_twin().succeeded());
  CHECK(topics_from(client.transport, before) == Texts{kTwinTopic, kTwinGetTopic});
}

TEST_CASE("Client: what could not be subscribed again is, after the connect after that") {
  TestClient client;
  client.on_message([](Message) {});
  client.transport.session_present = false;
  client.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  client.drop();
  client.advance(10ms);
  CHECK(client.transport.subscribed().size() == 2);
  client.transport.session_present = true;  // The new session, which has no subscriptions.
  client.drop();
  client.advance(10ms);
  CHECK(client.transport.subscribed().size() == 3);
}

TEST_CASE("Client: the connection-state handler is told of ups and downs, and why") {
  TestClient client;
  std::vector<ConnectionStateChange> seen;
  client.core->on_connection_state_change([&](auto change) { seen.push_back(std::move(change)); });
  client.connect();
  client.drop();
  client.advance(10ms);
  client.disconnect();
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].connected);
  CHECK_FALSE(seen[0].reason);
  CHECK_FALSE(seen[1].connected);
  REQUIRE(seen[1].reason);
  CHECK(seen[1].reason->layer == DisconnectReason::Layer::network);
  CHECK(seen[1].reason->code == Errc::connection_dropped);
  CHECK(seen[1].reason->text.find("the far end hung up") != std::string::npos);
  CHECK_FALSE(seen[1].reason->likely_cause.empty());
  CHECK(seen[2].connected);
  REQUIRE(seen[3].reason);
  CHECK(seen[3].reason->layer == DisconnectReason::Layer::client);
}

TEST_CASE("Client: a drop goes to the handler for background exceptions, as what a call throws") {
  TestClient client;
  int dropped = 0;
  client.core->on_background_exception([&](const IotError& e) {
    dropped += dynamic_cast<const ConnectionDroppedError*>(&e) != nullptr;
  });
  client.connect();
  client.drop();
  CHECK(dropped == 1);
}

TEST_CASE("Client: what a handler throws is a background exception, and the next item is handled") {
  TestClient client;
  Texts seen, reported;
  client.core->on_background_exception([&](const IotError& e) { reported.push_back(e.what()); });
  client.on_message([&](Message m) {
    seen.push_back(m.data);
    if (m.data == "a") throw std::runtime_error("boom");
  });
  client.receive_c2d("a");
  client.receive_c2d("b");
  CHECK(seen == Texts{"a", "b"});
  REQUIRE(reported.size() == 1);
  CHECK(reported[0].find("on_message_received threw: boom") != std::string::npos);
}

TEST_CASE("Client: without a handler a background exception is logged") {
  TestClient client;
  std::string logged;
  set_log_sink(LogLevel::warning,
               [&](const LogRecord& r) { logged += std::string(r.text) + '\n'; });
  client.connect();
  client.drop();
  set_log_sink(LogLevel::silent, {});
  CHECK(logged.find("background exception: connection_dropped") != std::string::npos);
}

}  // namespace
}  // namespace azure::iot::device::test
