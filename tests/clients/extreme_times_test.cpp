#define AZURE_IOT_DEVICE_PULL_CALLS
#include <chrono>
#include <functional>
#include <stdexcept>

#include <doctest/doctest.h>

#include "testkit/test_client.hpp"
#include "tests/clients/managed.hpp"

// The extreme values of each time that an application or a peer can give. Each is rejected, or
// works like a very long or short one. A sanitizer detects overflows.
namespace azure::iot::device::test {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kSeconds[] = {
    seconds::min(), seconds::min() + 1s, -9223372037s,        -1s,           0s, 1s,
    9223372036s,    9223372037s,         seconds::max() - 1s, seconds::max()};
constexpr milliseconds kMilliseconds[] = {
    milliseconds::min(), -1ms, 0ms, 1ms, 9223372036s, milliseconds{9223372036855},
    milliseconds::max()};

// Connects, sends, lets time pass and loses the link. Returns false if the options are rejected.
bool works_with(const ConnectionStringOptions& options) {
  try {
    TestClient test(options);
    auto client = test.device_client();
    client.connect();
    client.send_message("x");
    test.advance(10min);
    test.transport.drop();
    test.advance(10min);
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

TEST_CASE("Client: options of times at the ends of their types are refused, or hold") {
  for (const seconds time : kSeconds) {
    CAPTURE(time.count());
    CHECK(works_with({.keep_alive = time}) == (time == 1s));
    CHECK(works_with({.connection_retry_interval = time}) == (time >= 1s && time <= 9223372036s));
    CHECK(works_with({.sastoken_ttl = time}));
  }
  for (const milliseconds time : kMilliseconds) {
    CAPTURE(time.count());
    const bool fits = time >= 0ms && time <= 9223372036s;
    if (time == 1ms) continue;  // No operation has so little time.
    CHECK(works_with({.operation_timeout = time}) == fits);
  }
}

TEST_CASE("Client: timeouts of calls at the ends of their type are refused, or hold") {
  for (const milliseconds time : kMilliseconds) {
    CAPTURE(time.count());
    TestClient test;
    auto client = test.device_client();
    const auto check = [&](const std::function<void()>& call) {
      if (time < 0ms) {
        CHECK_THROWS_AS(call(), std::invalid_argument);
      } else {
        CHECK_NOTHROW(call());
      }
    };
    check([&] { client.connect(time); });
    check([&] { client.send_message("x", time); });
    check([&] { client.get_twin(time); });
    check([&] { client.patch_twin_reported_properties({{"a", 1}}, time); });
    check([&] { client.receive_message(false, time); });
    check([&] { client.disconnect(time); });
  }
}

TEST_CASE("ManagedDevice: a connect waits for as long as its timeout says, at the ends too") {
  for (const milliseconds time : {milliseconds{9223372036855}, milliseconds::max()}) {
    Managed device;
    device.dps.answers = {assigned_to("hub1.test")};
    const auto connect = device.connect(time);
    CHECK(connect.succeeded());
  }
  Managed device;
  CHECK_THROWS_AS(device.connect(milliseconds::min()), std::invalid_argument);
}

TEST_CASE("Client: an own token of any expiry is taken, unless it has expired") {
  for (const std::string expiry :
       {"9223372036854775807", "9223372037", "4102444800", "-9223372036854775808", "-1"}) {
    CAPTURE(expiry);
    const bool taken = !expiry.starts_with('-');
    const std::string token = "SharedAccessSignature sr=h%2Fdevices%2Fd&sig=x&se=" + expiry;
    try {
      TestClient test(token, {}, detail::TokenOwner::device);
      auto client = test.device_client();
      client.connect();
      test.advance(24h);
      CHECK(taken);
    } catch (const std::invalid_argument&) {
      CHECK_FALSE(taken);
    }
  }
}

}  // namespace
}  // namespace azure::iot::device::test
