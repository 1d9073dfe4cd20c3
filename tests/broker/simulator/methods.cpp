#include <future>

#include <doctest/doctest.h>

#include "shared_hub.hpp"

using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// The request id at the end of a method topic.
std::string rid_of(const std::string& topic) {
  return topic.substr(topic.find("$rid=") + std::string("$rid=").size());
}

std::string refusal(const SimulatorProcess& hub, const std::string& device,
                    std::chrono::milliseconds timeout = 5s) {
  try {
    hub.invoke(device, "m", "null", timeout);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("Hub: a method goes to the device and its answer comes back") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d14");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kMethodFilter));
  auto answer = std::async(std::launch::async,
                           [&] { return hub.invoke("d14", "re boot", R"({"delay":[1,2]})"); });
  REQUIRE(device.wait_for_messages(1));
  const auto& request = device.messages()[0];
  CHECK(request.topic.starts_with("$iothub/methods/POST/re%20boot/?$rid="));
  CHECK(request.payload == R"({"delay":[1,2]})");
  CHECK(request.qos == 0);
  device.publish("$iothub/methods/res/207/?$rid=" + rid_of(request.topic), R"({"done":true})");
  REQUIRE(device.run_until([&] { return answer.wait_for(0s) == std::future_status::ready; }));
  const MethodResult result = answer.get();
  CHECK(result.status == 207);
  CHECK(result.payload == R"({"done":true})");
}

TEST_CASE("Hub: a method for a device that cannot hear it fails at once") {
  SimulatorProcess& hub = shared_hub();
  CHECK(refusal(hub, "d15").find("not connected") != std::string::npos);
  RawDevice device(hub, "d15");
  REQUIRE(device.connect() == 0);
  CHECK(refusal(hub, "d15").find("not subscribed") != std::string::npos);
}

TEST_CASE("Hub: a method that is not answered fails in time, and a late answer is ignored") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d16");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(kMethodFilter));
  const auto start = std::chrono::steady_clock::now();
  CHECK(refusal(hub, "d16", 300ms).find("did not answer") != std::string::npos);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= 300ms);
  CHECK(took < 2s);
  REQUIRE(device.wait_for_messages(1));
  const int id =
      device.publish("$iothub/methods/res/200/?$rid=" + rid_of(device.messages()[0].topic), "null");
  CHECK(device.wait_for_puback(id));
  CHECK(device.online());
}

TEST_CASE("Hub: a session that is kept keeps its subscription to methods") {
  SimulatorProcess& hub = shared_hub();
  {
    RawDevice device(hub, "d17");
    REQUIRE(device.connect() == 0);
    REQUIRE(device.subscribe(kMethodFilter));
  }
  hub.wait_for_events("disconnected", "d17");
  RawDevice again(hub, "d17");
  REQUIRE(again.connect() == 0);
  CHECK(again.session_present());
  CHECK(refusal(hub, "d17", 50ms).find("did not answer") != std::string::npos);
  CHECK(again.wait_for_messages(1));

  RawDevice clean(hub, "d17", {.clean_session = true});
  REQUIRE(clean.connect() == 0);
  CHECK(refusal(hub, "d17").find("not subscribed") != std::string::npos);
}
