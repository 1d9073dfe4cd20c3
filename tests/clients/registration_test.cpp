// A registration: the packets that it sends, the times of its answers, and the required parts of
// its result.
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"
#include "tests/clients/provisioning_service.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

// The answer of a service that omits a part.
ServiceAnswer assigned_without(std::string_view part) {
  Json state{{"deviceId", "dev1"}, {"assignedHub", "hub1"}, {"substatus", "initialAssignment"}};
  state.erase(part);
  Json body{{"operationId", "op1"}, {"status", "assigned"}, {"registrationState", state}};
  return {200, body.dump()};
}

TEST_CASE("Registration: an assignment without one of its parts is an error that names it") {
  for (const std::string part : {"deviceId", "assignedHub", "substatus"}) {
    CAPTURE(part);
    ProvisioningService service;
    service.answers = {assigned_without(part)};
    const auto call = service.begin();
    CHECK(call.error().code() == Errc::service);
    CHECK(call.error().cause().detail().ends_with(" without " + part));
    service.answers = {assigned_without("")};
    CHECK(service.begin().succeeded());
  }
}

TEST_CASE("Registration: an assignment that says nothing of where is a result") {
  ProvisioningService service;
  service.answers = {{200, R"({"operationId": "op1", "status": "assigned"})"}};
  const auto call = service.begin();
  REQUIRE(call.succeeded());
  CHECK_FALSE(call.value().registration_state);
}

TEST_CASE("Registration: a SUBSCRIBE that is refused is its error, and is made by the next") {
  ProvisioningService service;
  service.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  CHECK(service.begin().error().code() == Errc::protocol_client);
  CHECK(service.transport.published().empty());
  service.answers = {assigned_to("hub1")};
  CHECK(service.begin().succeeded());
  CHECK(service.transport.subscribed().size() == 2);
}

TEST_CASE("Registration: subscribing and asking share one timeout") {
  ProvisioningService service;
  service.transport.script_acks({slow(5s)});
  const auto call = service.begin(8s);
  service.advance(8s - 1ns);
  CHECK_FALSE(call.done());
  service.advance(1ns);
  CHECK(call.error().code() == Errc::timed_out);
  CHECK(service.transport.published().size() == 1);
}

TEST_CASE("Registration: a timeout of 0 is none, and one that is given is not the client's") {
  ProvisioningService service({.operation_timeout = 10s});
  service.transport.otherwise = stall;
  service.transport.script({accept});
  const auto call = service.begin(20s);
  service.advance(20s - 1ns);
  CHECK_FALSE(call.done());
  service.advance(1ns);
  CHECK(call.error().code() == Errc::timed_out);
  service.transport.otherwise = accept;
  for (int i = 0; i < 100; ++i) service.answers.push_back({429, "{}", "29"});
  const auto patient = service.begin(0ms);
  service.advance(40min);
  CHECK_FALSE(patient.done());
}

TEST_CASE("Registration: answers are asked for again only where the session was lost") {
  for (const bool session_present : {true, false}) {
    CAPTURE(session_present);
    ProvisioningService service;
    service.answers = {assigning(), assigned_to("hub1")};
    const auto call = service.begin();
    service.transport.session_present = session_present;
    service.transport.drop();
    service.advance(1s);
    CHECK(service.transport.subscribed().size() == (session_present ? 1 : 2));
    service.advance(1s);
    CHECK(call.succeeded());
  }
}

TEST_CASE("Registration: a connect before the first registration subscribes to nothing") {
  ProvisioningService service;
  service.transport.script_acks({stall});
  service.begin(1s);
  service.advance(1s);
  service.transport.drop();
  service.advance(1s);
  CHECK(service.transport.dials() == 2);
  CHECK(service.transport.subscribed().size() == 1);
}

TEST_CASE("Registration: answers that could not be asked for again are by the next registration") {
  ProvisioningService service({.operation_timeout = 10s});
  service.answers = {{401, "{}"}};
  service.begin();
  SUBCASE("the service refuses") {
    service.transport.script_acks({refuse_with(Error(Errc::protocol_client, "SUBACK 0x80"))});
  }
  SUBCASE("the service does not answer before the timeout") {
    service.transport.script_acks({stall});
  }
  service.transport.drop();
  service.advance(10s + 10ms);
  CHECK(service.transport.subscribed().size() == 2);
  service.answers = {assigned_to("hub1")};
  CHECK(service.begin().succeeded());
  CHECK(service.transport.subscribed().size() == 3);
}

TEST_CASE("Registration: the payload goes with each registration until another is set") {
  ProvisioningService service;
  const auto payload_sent = [&] {
    service.answers = {{401, "{}"}};
    service.begin();
    return Json::parse_or_throw(service.transport.packets().back().payload)["payload"].dump();
  };
  CHECK(payload_sent() == "null");
  service.core->set_provisioning_payload({{"a", 1}});
  CHECK(payload_sent() == R"({"a": 1})");
  CHECK(payload_sent() == R"({"a": 1})");
  service.core->set_provisioning_payload({});
  CHECK(payload_sent() == "null");
}

TEST_CASE("Registration: after a shutdown it is refused, also while another is under way") {
  ProvisioningService service;
  const auto first = service.begin();
  Call<void> shutdown;
  service.core->start_shutdown(shutdown.completion());
  service.loop->run_posted();
  CHECK(first.error().code() == Errc::operation_cancelled);
  CHECK(service.begin().error().code() == Errc::pipeline_not_running);
  CHECK(shutdown.succeeded());
}

}  // namespace
}  // namespace azure::iot::device::test
