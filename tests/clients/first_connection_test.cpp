// The option `retry_first_connection`, as an application uses it.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// A client that starts before its network.
struct Early : TestClient {
  explicit Early(ConnectionStringOptions options = {}) : TestClient(waiting(std::move(options))) {
    client.on_background_exception([this](const IotError& e) { told.emplace_back(e.what()); });
  }
  static ConnectionStringOptions waiting(ConnectionStringOptions options) {
    options.retry_first_connection = true;
    return options;
  }

  IoTHubDeviceClient client = device_client();
  std::vector<std::string> told;
};

TEST_CASE("First connection: connect returns once there is a network") {
  Early test({.connection_retry_interval = 7s});
  test.transport.script({refuse, refuse});
  test.client.connect();
  CHECK(test.loop->now() == SteadyTime(14s));
  CHECK(test.transport.dials() == 3);
  CHECK(test.told.empty());
}

TEST_CASE("First connection: any call that connects waits as well") {
  const std::function<void(IoTHubDeviceClient&)> kCalls[] = {
      [](auto& c) { c.send_message("x"); },
      [](auto& c) { c.get_twin(); },
      [](auto& c) {
        c.patch_twin_reported_properties({{"a", 1}});
      },
      [](auto& c) { c.on_message_received([](const Message&) {}); },
      [](auto& c) { c.on_method_request_received([](const MethodRequest&) {}); },
      [](auto& c) { c.on_twin_desired_properties_patch_received([](const Json&) {}); }};
  for (const auto& call : kCalls) {
    Early test;
    test.transport.script({refuse, refuse});
    CHECK_NOTHROW(call(test.client));
    CHECK(test.loop->now() == SteadyTime(20s));
    CHECK(test.transport.dials() == 3);
    CHECK(test.told.empty());
  }
}

TEST_CASE("First connection: a call that waits in vain throws the timeout, with the last failure") {
  for (const detail::Timeout timeout : {detail::Timeout(), detail::Timeout(25s)}) {
    for (const bool sends : {true, false}) {
      CAPTURE(sends);
      Early test({.operation_timeout = 45s});
      test.transport.otherwise = refuse;
      bool thrown = false;
      try {
        sends ? test.client.send_message("x", timeout) : test.client.connect(timeout);
      } catch (const OperationTimeout& e) {
        thrown = true;
        CHECK(e.cause().code() == Errc::connection_failed);
        CHECK(std::string_view(e.what()).find("connection_failed") != std::string_view::npos);
      }
      CHECK(thrown);
      CHECK(test.loop->now() == SteadyTime(timeout ? 25s : 45s));
      CHECK(test.told.empty());
      const std::size_t dials = test.transport.dials();
      test.advance(1h);
      CHECK(test.transport.dials() == dials);  // No attempt is made.
    }
  }
}

TEST_CASE("First connection: what will not pass is thrown at once") {
  Early test;
  test.transport.script({refuse_with(Errc::unauthorized)});
  CHECK_THROWS_AS(test.client.connect(), CredentialError);
  CHECK(test.loop->now() == SteadyTime(0s));
}

TEST_CASE("First connection: a disconnect and a shutdown end the wait") {
  for (const bool for_good : {true, false}) {
    Early test;
    test.transport.otherwise = refuse;
    Call<void> end;
    test.after(33s, [&] { end = for_good ? test.shutdown() : test.disconnect(); });
    CHECK_THROWS_AS(test.client.connect(0ms), OperationCancelled);
    CHECK(test.loop->now() == SteadyTime(33s));
    CHECK(end.succeeded());
    CHECK(test.told.empty());
  }
}

}  // namespace
}  // namespace azure::iot::device::test
