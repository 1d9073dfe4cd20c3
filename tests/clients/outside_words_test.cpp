#define AZURE_IOT_DEVICE_PULL_CALLS
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "clients/provisioned_device.hpp"
#include "pipeline/operations.hpp"
#include "pipeline/text/url.hpp"
#include "support/log_listener.hpp"
#include "testkit/test_client.hpp"

// Texts from peers and applications in errors and logs: never with control characters, never long.
namespace azure::iot::device::test {
namespace {

const std::string kNasty = "a\x1b[2J\nb\xff" + std::string(10'000, 'x');
const std::string kShown = R"(a\x1b[2J\nb\xff)";

void check_shown(const std::string& text) {
  CAPTURE(text);
  CHECK(text.find(kShown) != std::string::npos);
  CHECK(text.size() < 2500);
  CHECK(std::none_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\xff'; }));
}

class NastyStage final : public Stage {
 public:
  std::string_view name() const override { return kNasty; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<MqttPublishOperation>()) throw std::runtime_error(kNasty);
    send_op_down(std::move(op));
  }
};

struct Told {
  explicit Told(IoTHubClient& client) {
    client.on_background_exception([this](const IotError& e) { texts.push_back(e.what()); });
  }
  std::vector<std::string> texts;
};

TEST_CASE("Outside words: the name of an input that nobody asks for") {
  TestClient test({}, kTestModuleConnectionString);
  auto client = test.module_client();
  const Told told(client);
  client.receive_message_on_input("in1", false);
  test.receive("devices/dev1/modules/mod1/inputs/" +
               url::quote("a\x1b[2J\nb" + std::string(10'000, 'x')) + "/");
  REQUIRE(told.texts.size() == 1);
  CHECK(told.texts[0].find(R"("a\x1b[2J\nbxxx)") != std::string::npos);
  CHECK(told.texts[0].size() < 1000);
}

TEST_CASE("Outside words: what a handler throws") {
  LogListener log(LogLevel::debug);
  TestClient test;
  auto client = test.device_client();
  const Told told(client);
  client.on_message_received([](Message) { throw std::runtime_error(kNasty); });
  test.receive_c2d("x");
  REQUIRE(told.texts.size() == 1);
  check_shown(told.texts[0]);
  for (const std::string& record : log.records) CHECK(record.find('\x1b') == std::string::npos);
}

TEST_CASE("Outside words: the name and the words of a stage of the application") {
  TestClient test(
      {.stages = {before("MqttTransportStage", [] { return std::make_unique<NastyStage>(); })}});
  auto client = test.device_client();
  const Told told(client);
  CHECK_THROWS_AS(client.send_message("x"), ClientError);
  REQUIRE(told.texts.size() == 1);
  check_shown(told.texts[0]);
}

TEST_CASE("Outside words: a place that no stage has") {
  std::string text;
  try {
    TestClient test({.stages = {before(kNasty, [] { return std::make_unique<NastyStage>(); })}});
  } catch (const std::invalid_argument& e) {
    text = e.what();
  }
  check_shown(text);
}

TEST_CASE("Outside words: the hub that a provisioning service assigned") {
  RegistrationResult result;
  result.registration_state.emplace();
  result.registration_state->assigned_hub = kNasty;
  result.registration_state->device_id = "d";
  try {
    create_device_client(result, "YQ==");
    FAIL("there is no such host");
  } catch (const std::invalid_argument& e) {
    check_shown(e.what());
  }
}

}  // namespace
}  // namespace azure::iot::device::test
