#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "allocations/counted.hpp"
#include "pipeline/events.hpp"
#include "testkit/test_client.hpp"
#include "transport/mqtt/arrivals.hpp"

namespace azure::iot::device::test {
namespace {

// The arrival of a packet's payload: notes the bytes allocated by then.
class Arrival final : public Stage {
 public:
  explicit Arrival(std::size_t& allocated) : allocated_(allocated) {}
  std::string_view name() const override { return "Arrival"; }

 private:
  void handle_event(const Event& event) override {
    if (event_cast<IncomingMqttMessageEvent>(event)) allocated_ = bytes_allocated();
    send_event_up(event);
  }

  std::size_t& allocated_;
};

struct Client {
  std::size_t at_arrival = 0;
  TestClient test{{.stages = {before("MqttTransportStage",
                                     [this] { return std::make_unique<Arrival>(at_arrival); })}}};
};

Json few_long_texts() {
  Json values{{"$version", 7}};
  for (int i = 0; i < 8; ++i) values.set("text" + std::to_string(i), std::string(4000, 'x'));
  return values;
}

Json many_numbers() {
  Json values{{"$version", 7}};
  for (int i = 0; values.size() < 1600; ++i) values.set("number" + std::to_string(i), 1000 + i);
  return values;
}

std::size_t allocated_by(const std::function<void()>& f) {
  const std::size_t before = bytes_allocated();
  f();
  return bytes_allocated() - before;
}

// Allowance for further allocations, of operations, topics and the like.
constexpr std::size_t kSmall = 1024;

TEST_CASE(
    "Allocations: a twin of 32 KB costs one copy of its text besides the value, a patch none") {
  for (const Json& desired : {few_long_texts(), many_numbers()}) {
    Client client;
    const std::string text = Json{{"desired", desired}, {"$version", 7}}.dump();
    REQUIRE(text.size() > 30'000);
    client.test.twin = text;
    IoTHubDeviceClient device = client.test.device_client();
    const std::size_t value = allocated_by([&] { Json::parse_or_throw(text); });

    const Json twin = device.get_twin();
    const std::size_t read = bytes_allocated() - client.at_arrival;
    CHECK(twin["desired"] == desired);
    CHECK(read <= value + text.size() + kSmall);

    std::size_t patch = 0, method = 0;
    device.on_twin_desired_properties_patch_received(
        [&](Json) { patch = bytes_allocated() - client.at_arrival; });
    device.on_method_request_received(
        [&](MethodRequest) { method = bytes_allocated() - client.at_arrival; });
    client.test.receive("$iothub/twin/PATCH/properties/desired/?$version=7", text);
    client.test.invoke_method("m", text);
    CHECK(patch > 0);
    CHECK(patch <= value + kSmall);
    CHECK(method > 0);
    CHECK(method <= value + kSmall);
    const auto besides = [&](std::size_t all) { return static_cast<long>(all - value); };
    MESSAGE(text.size(), " bytes of text, ", value, " for the value; besides: read ", besides(read),
            ", patch ", besides(patch), ", method ", besides(method));
  }
}

TEST_CASE("Allocations: reading a value takes less than twice the memory that a copy of it does") {
  for (const Json& value : {few_long_texts(), many_numbers()}) {
    const std::string text = value.dump();
    const std::size_t copied = allocated_by([&] { const Json copy = value; });
    CHECK(allocated_by([&] { Json::parse_or_throw(text); }) < 2 * copied);
  }
}

TEST_CASE("Allocations: what comes in is noted in memory that was there before") {
  struct Listener {
    void on_puback(std::uint16_t) {}
    void on_suback(std::uint16_t, bool) {}
    void on_unsuback(std::uint16_t) {}
    void on_message(std::string_view, std::string_view payload) { received += payload.size(); }
    std::size_t received = 0;
  };
  Arrivals arrivals;
  Listener listener;
  const std::string payload(32 * 1024, 'x');
  const auto turn = [&] {
    arrivals.note_message("topic", payload);
    arrivals.tell([&] { return &listener; });
  };
  turn();
  CHECK(allocated_by([&] {
          for (int i = 0; i < 10; ++i) turn();
        }) == 0);
  CHECK(listener.received == 11 * payload.size());
}

}  // namespace
}  // namespace azure::iot::device::test
