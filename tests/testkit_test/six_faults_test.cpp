// The six faults that README.md shows, each in a few lines, as an application sees them.
#include <algorithm>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"
#include "testkit/test_client.hpp"
#include "tests/testkit_test/page.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Six faults: a PUBACK that comes after the deadline") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  hub.script_messages({slow(31s)});
  CHECK_THROWS_AS(client.send_message("21.5", 30s), OperationTimeout);
  client.send_message("21.6");  // The client goes on, also when the PUBACK comes.
  hub.advance(1min);
  CHECK(hub.messages().size() == 2);
}

TEST_CASE("Six faults: a link that is up but silent") {
  TestClient hub({.keep_alive = 60s});
  IoTHubDeviceClient client = hub.device_client();
  hub.script_messages({half_open});
  client.send_message("21.5");  // Until the keep-alive notices, and on the next link.
  CHECK(hub.loop->now() >= SteadyTime(2min));
  CHECK(hub.transport.dials() == 2);
  CHECK(hub.messages().size() == 2);
}

TEST_CASE("Six faults: a SUBACK that refuses") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  hub.script_subscribes({refuse});
  const auto subscribe = [&] { client.on_message_received([](const Message&) {}); };
  CHECK_THROWS_WITH_AS(subscribe(), doctest::Contains("(SUBACK 0x80)"), ClientError);
  subscribe();  // The next time the hub accepts.
}

TEST_CASE("Six faults: the response to a twin request is lost") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  hub.script_twin_reads({lost});
  CHECK_THROWS_AS(client.get_twin(10s), OperationTimeout);
  CHECK(client.get_twin()["desired"]["$version"].as_int() == 1);
}

TEST_CASE("Six faults: a twin request is answered with 429") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  hub.script_twin_patches({status(429), accept});
  CHECK_THROWS_WITH_AS(client.patch_twin_reported_properties({{"interval", 60}}),
                       doctest::Contains("429"), ServiceError);
  client.patch_twin_reported_properties({{"interval", 60}});
  CHECK(hub.reported_patches().size() == 2);
}

TEST_CASE("Six faults: the link is lost while a method handler runs") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  client.on_method_request_received([&](const MethodRequest& request) {
    hub.drop();
    client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  });
  const std::string id = hub.invoke_method("blink", "{}");
  hub.advance(1min);
  CHECK(hub.count_responses(id) == 1);  // On the next link.
}

TEST_CASE("Six faults: the page shows nothing else than these tests") {
  const auto trimmed = [](const std::string& line) {
    const auto begin = line.find_first_not_of(' ');
    return begin == std::string::npos ? std::string() : line.substr(begin);
  };
  std::vector<std::string> tests;
  for (const std::string& line : lines_of_file("testkit_test/six_faults_test.cpp")) {
    tests.push_back(trimmed(line));
  }
  const std::vector<std::string> page = lines_of_page("faults");
  CHECK(page.size() > 30);
  for (const std::string& line : page) {
    CAPTURE(line);
    const bool prose = line.empty() || line.starts_with("```") || line.starts_with("// ");
    CHECK((prose || std::count(tests.begin(), tests.end(), trimmed(line)) > 0));
  }
}

}  // namespace
}  // namespace azure::iot::device::test
