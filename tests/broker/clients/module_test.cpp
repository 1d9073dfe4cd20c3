// Also tests the older receive calls.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// Notes of handlers, each of which runs on a thread of its own.
class Notes {
 public:
  void add(std::string note) {
    const std::scoped_lock lock(mutex_);
    notes_.push_back(std::move(note));
  }
  std::vector<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return notes_;
  }
  // Waits until the notes equal these.
  bool become(const std::vector<std::string>& expected) const {
    return eventually([&] { return all().size() >= expected.size(); }) && all() == expected;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
};

TEST_CASE("Module: telemetry, and what goes to its outputs, reaches the hub with its properties") {
  const std::string module = next_module();
  auto client = make_module_client(shared_hub(), module);
  CHECK_FALSE(client.connected());
  client.connect();
  CHECK(client.connected());

  client.send_message("telemetry");
  client.send_message_to_output("plain", "out 1");
  Message message{.data = "21.5", .message_id = "m1", .content_type = "text/plain"};
  message.custom_properties["room"] = "attic & cellar";
  client.send_message_to_output(message, "out2");

  const auto records = shared_hub().telemetry(module);
  REQUIRE(records.size() == 3);
  CHECK(records[0].payload == "telemetry");
  CHECK(records[0].system_properties.empty());
  CHECK(records[1].payload == "plain");
  CHECK(records[1].system_properties.at("$.on") == "out 1");
  CHECK(records[2].payload == "21.5");
  CHECK(records[2].system_properties.at("$.on") == "out2");
  CHECK(records[2].system_properties.at("$.mid") == "m1");
  CHECK(records[2].properties.at("room") == "attic & cellar");
  client.disconnect();
  CHECK_FALSE(client.connected());
  CHECK(eventually([&] { return !shared_hub().connected(module); }));
}

TEST_CASE("Module: one handler takes what comes to all inputs, in order, until it is cleared") {
  const std::string module = next_module();
  Notes notes;
  auto client = make_module_client(shared_hub(), module);
  client.on_message_received([&](Message message) {
    notes.add(message.input_name.value_or("none") + ": " + message.data + ' ' +
              message.custom_properties["k"].value_or(""));
  });
  shared_hub().send_input(module, "a", "1", {.properties = {{"k", "v"}}});
  shared_hub().send_input(module, "b c", "2");
  shared_hub().send_input(module, "a", "3");
  CHECK(notes.become({"a: 1 v", "b c: 2 ", "a: 3 "}));
  client.on_message_received({});
  shared_hub().send_input(module, "a", "kept for the next handler");
  client.on_message_received([&](Message message) { notes.add("next: " + message.data); });
  CHECK(notes.become({"a: 1 v", "b c: 2 ", "a: 3 ", "next: kept for the next handler"}));
}

TEST_CASE("Module: a route takes a message from an output to an input, and says who sent it") {
  const SimulatorProcess hub({.devices = {"edge/from", "edge/to"},
                              .arguments = {"--route", "from/outputs/out=to/inputs/in"}});
  std::promise<Message> arrived;
  auto from = make_module_client(hub, "edge/from");
  auto to = make_module_client(hub, "edge/to");
  to.on_message_received([&](Message message) { arrived.set_value(std::move(message)); });
  from.send_message_to_output("not routed", "elsewhere");
  from.send_message_to_output(Message{.data = "routed", .correlation_id = "c"}, "out");
  auto message = arrived.get_future();
  REQUIRE(message.wait_for(10s) == std::future_status::ready);
  const Message received = message.get();
  CHECK(received.data == "routed");
  CHECK(received.input_name == "in");
  CHECK(received.correlation_id == "c");
}

TEST_CASE("Module: it answers methods of its own, not those of another module of its device") {
  const SimulatorProcess hub({.devices = {"edge/a", "edge/b"}});
  auto a = make_module_client(hub, "edge/a");
  auto b = make_module_client(hub, "edge/b");
  a.on_method_request_received([&](MethodRequest request) {
    a.send_method_response(MethodResponse::create_from_method_request(
        request, 201, {{"name", request.name}, {"given", request.payload}}));
  });
  b.on_method_request_received([&](MethodRequest request) {
    b.send_method_response(MethodResponse::create_from_method_request(request, 202));
  });
  const MethodResult of_a = hub.invoke("edge/a", "blink", R"({"times":3})");
  CHECK(of_a.status == 201);
  CHECK(Json::parse_or_throw(of_a.payload) ==
        Json{{"name", "blink"}, {"given", Json{{"times", 3}}}});
  const MethodResult of_b = hub.invoke("edge/b", "blink");
  CHECK(of_b.status == 202);
  CHECK(of_b.payload == "null");
}

TEST_CASE("Module: its twin is read and changed, and changes of it come down") {
  const std::string module = next_module();
  Notes notes;
  auto client = make_module_client(shared_hub(), module);
  CHECK(client.get_twin()["desired"]["$version"].as_int() == 1);
  client.patch_twin_reported_properties({{"temperature", 21.5}, {"gone", 1}});
  client.patch_twin_reported_properties({{"gone", nullptr}});
  const Json twin = client.get_twin();
  CHECK(twin["reported"] == Json{{"temperature", 21.5}, {"$version", 3}});

  client.on_twin_desired_properties_patch_received([&](Json patch) { notes.add(patch.dump()); });
  shared_hub().set_desired(module, R"({"interval":5})");
  shared_hub().set_desired(module, R"({"interval":null})");
  CHECK(
      notes.become({R"({"interval": 5, "$version": 2})", R"({"interval": null, "$version": 3})"}));
  CHECK_THROWS_AS(client.patch_twin_reported_properties({{"a.b", 1}}), std::invalid_argument);
  shared_hub().fault({.name = "twin-error", .device = module, .status = 400});
  CHECK_THROWS_AS(client.patch_twin_reported_properties({{"a", 1}}), ServiceError);
}

TEST_CASE("Module: the older calls receive messages by input, methods by name, and patches") {
  const std::string module = next_module();
  auto client = make_module_client(shared_hub(), module);
  CHECK_FALSE(client.receive_message_on_input("in", false));
  CHECK_FALSE(client.receive_method_request("blink", true, 1ms));
  CHECK_FALSE(client.receive_method_request({}, false));
  CHECK_FALSE(client.receive_twin_desired_properties_patch(false));

  shared_hub().send_input(module, "in", "1");
  shared_hub().send_input(module, "in", "2");
  CHECK(client.receive_message_on_input("in", true, 10s).value().data == "1");
  CHECK(client.receive_message_on_input("in").value().data == "2");
  CHECK_FALSE(client.receive_message_on_input("in", false));

  shared_hub().set_desired(module, R"({"interval":5})");
  CHECK(client.receive_twin_desired_properties_patch(true, 10s).value()["interval"] == 5);

  for (const auto& [called, asked_for] :
       {std::pair{"blink", std::optional<std::string>("blink")}, {"other", std::nullopt}}) {
    auto caller = std::async(std::launch::async, [&, name = std::string(called)] {
      return shared_hub().invoke(module, name, "7");
    });
    const auto request = client.receive_method_request(asked_for, true, 10s);
    REQUIRE(request);
    CHECK(request->name == called);
    client.send_method_response(
        MethodResponse::create_from_method_request(*request, 200, request->payload));
    CHECK(caller.get().payload == "7");
  }
  CHECK_THROWS_AS(client.on_message_received([](Message) {}), ClientError);
}

SasTokenOptions token_options(const SimulatorProcess& hub) {
  return {.server_verification_cert = hub.ca_file(), .port = hub.port()};
}

TEST_CASE("Module: a token of the application's is used, and another when it asks for one") {
  const std::string module = next_module();
  const SimulatorProcess& hub = shared_hub();
  Notes notes;
  // The lifetime is so short that a new token is requested at once. The request is kept until there
  // is a handler.
  auto client =
      IoTHubModuleClient::create_from_sastoken(hub.token(module, 60s), token_options(hub));
  client.on_connection_state_change([&](ConnectionStateChange change) {
    notes.add(change.connected ? "connected" : "disconnected");
  });
  client.send_message("with the first token");
  CHECK_THROWS_AS(client.update_sastoken(hub.token(next_module(), 1h)), std::invalid_argument);
  CHECK(notes.become({"connected"}));
  client.on_new_sastoken_required([&] { client.update_sastoken(hub.token(module, 1h)); });
  CHECK(notes.become({"connected", "disconnected", "connected"}));
  client.send_message("with the second token");
  CHECK(hub.telemetry(module).at(1).payload == "with the second token");
}

TEST_CASE("Module: only a client that was made from a token takes another") {
  const std::string module = next_module();
  auto client = make_module_client(shared_hub(), module);
  CHECK_THROWS_AS(client.update_sastoken(shared_hub().token(module, 1h)), ClientError);
}

TEST_CASE("Module: what a handler throws is told as a background exception") {
  const std::string module = next_module();
  Notes notes;
  auto client = make_module_client(shared_hub(), module);
  client.on_background_exception([&](const IotError& error) { notes.add(error.what()); });
  client.on_message_received([](Message message) { throw std::runtime_error(message.data); });
  shared_hub().send_input(module, "in", "too warm");
  REQUIRE(eventually([&] { return notes.all().size() == 1; }));
  CHECK(notes.all()[0].find("too warm") != std::string::npos);
}

TEST_CASE("Module: a link that is cut heals, inputs and all, and a shutdown ends it for good") {
  const std::string module = next_module();
  Notes notes;
  auto client = make_module_client(shared_hub(), module);
  client.on_message_received([&](Message message) { notes.add(message.data); });
  shared_hub().drop(module);
  shared_hub().send_input(module, "in", "while it was away");
  CHECK(notes.become({"while it was away"}));
  IoTHubModuleClient moved = std::move(client);
  moved.send_message("afterwards");
  moved.shutdown();
  CHECK_FALSE(moved.connected());
  CHECK_THROWS_AS(moved.send_message_to_output("x", "out"), ClientError);
  CHECK_THROWS_AS(moved.connect(), ClientError);
}

}  // namespace
}  // namespace azure::iot::device::test
