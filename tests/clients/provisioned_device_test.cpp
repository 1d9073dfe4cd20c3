#include "clients/provisioned_device.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "clients/enrollment_group.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "testkit/test_client.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// The second test case of RFC 4231, and a value computed with OpenSSL.
TEST_CASE("EnrollmentGroup: the key of a device is the HMAC of its registration id") {
  CHECK(derive_device_key("SmVmZQ==", "what do ya want for nothing?") ==
        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
  CHECK(derive_device_key("8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/"
                          "lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==",
                          "sn-007-888-abc-mac-a1-b2-c3-d4") ==
        "sDB+bHxSX7+hiaYZHh25AiAzwupETk25UGBPUNk4dLs=");
  CHECK(refusal_of([] { derive_device_key("", "r"); }) == "group_key: must not be empty");
  CHECK(refusal_of([] { derive_device_key(kTestKey, " "); }) ==
        "registration_id: must not be empty or blank");
  for (const char* key : {"!!", "abc", "YQ==\n"}) {
    CHECK(refusal_of([&] { derive_device_key(key, "r"); }) ==
          "group_key: must be base64, with its padding and nothing else");
  }
}

TEST_CASE("ProvisionedDevice: a result becomes a client, one without a hub or device is refused") {
  RegistrationResult result{.status = "assigned"};
  const auto loop = std::make_shared<ManualLoop>();
  const auto make = [&] {
    return refusal_of([&] { create_device_client(result, kTestKey, {.event_loop = loop}); });
  };
  CHECK(make().starts_with("result: must be that of a registration that assigned a hub"));
  result.registration_state = RegistrationState{.device_id = "dev1"};
  CHECK(make().ends_with("it names no hub"));
  result.registration_state = RegistrationState{.assigned_hub = "hub1"};
  CHECK(make().ends_with("it names no device"));
  result.registration_state->device_id = "dev1";
  CHECK(make() == "");
}

TEST_CASE("ProvisionedDevice: an empty hub or device is refused, for either credential") {
  const auto loop = std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
  const X509 x509 =
      x509_of(make_server_certificate({.alternative_names = {}, .common_name = "dev1"}));
  const auto refusal = [&](RegistrationState state, bool by_key) {
    RegistrationResult result{.status = "assigned"};
    result.registration_state = std::move(state);
    return refusal_of([&] {
      if (by_key) {
        create_device_client(result, kTestKey, {.event_loop = loop});
      } else {
        create_device_client(result, x509, {.event_loop = loop});
      }
    });
  };
  for (const bool by_key : {true, false}) {
    CAPTURE(by_key);
    CHECK(refusal({.device_id = "d", .assigned_hub = ""}, by_key).ends_with("it names no hub"));
    CHECK(refusal({.device_id = "", .assigned_hub = "h"}, by_key).ends_with("it names no device"));
    CHECK(refusal({.device_id = "d", .assigned_hub = "h"}, by_key) == "");
  }
}

}  // namespace
}  // namespace azure::iot::device::test
