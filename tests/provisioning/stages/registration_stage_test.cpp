#include "provisioning/stages/registration_stage.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/provisioning/provisioning_chain.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;

TEST_CASE("Registration: the request carries id and payload, and the answer becomes the result") {
  RegistrationChain p;
  auto registration = p.begin_registration({{"b", 2}, {"a", 1}});
  CHECK(p.transport.published() == Strings{"$dps/registrations/PUT/iotdps-register/?$rid=rid-1"});
  CHECK(p.transport.packets()[0].payload ==
        R"({"payload": {"a": 1, "b": 2}, "registrationId": "reg1"})");
  p.answer("200", kAssigned);
  REQUIRE(registration.succeeded());
  const RegistrationResult& result = *registration.op().registration_result;
  CHECK(result.operation_id == "op1");
  CHECK(result.status == "assigned");
  REQUIRE(result.registration_state);
  CHECK(result.registration_state->device_id == "dev1");
  CHECK(result.registration_state->assigned_hub == "hub1");
  CHECK_FALSE(result.registration_state->etag);
  CHECK(result.registration_state->response_payload == Json{{"a", 1}});
}

TEST_CASE("Registration: while the service assigns, it is polled until it has ended") {
  RegistrationChain p;
  auto registration = p.begin_registration();
  p.answer("202", kAssigning, "30");
  p.advance(2s - 1ns);
  CHECK(p.requests == 1);
  p.advance(1ns);  // The first poll does not go by retry-after, as in Python.
  CHECK(p.transport.published().back() ==
        "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=rid-2&operationId=op1");
  CHECK(p.transport.packets().back().payload == " ");
  p.answer("202", kAssigning, "7");
  p.advance(7s - 1ns);
  CHECK(p.requests == 2);
  p.advance(1ns);
  CHECK(p.requests == 3);
  p.answer("200", kAssigned);
  CHECK(registration.succeeded());
  CHECK(registration.op().registration_result->status == "assigned");
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("Registration: a service that is too busy is asked again after the pause it wants") {
  for (const std::string status : {"429", "500", "503", "599"}) {
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer(status, "", "5");
    p.advance(5s - 1ns);
    CHECK(p.requests == 1);
    p.advance(1ns);
    CHECK(p.requests == 2);
    p.answer(status);  // Nothing said: two seconds.
    p.advance(2s);
    CHECK(p.requests == 3);
    p.answer("200", kAssigned);
    CHECK(registration.succeeded());
  }
}

TEST_CASE("Registration: another refusal is an error with its status, at once") {
  // Python asks again after those from 430 to 499.
  for (const int status : {300, 400, 401, 404, 428, 430, 499}) {
    CAPTURE(status);
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer(std::to_string(status), "", "3");
    CHECK(registration.errc() == Errc::service);
    CHECK(registration.error().service_status() == status);
    p.advance(60s);
    CHECK(p.requests == 1);
  }
}

TEST_CASE("Registration: a refusal of the question how far it is ends it as well") {
  for (const int status : {404, 430, 499}) {
    CAPTURE(status);
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer("202", kAssigning);
    p.advance(2s);
    p.answer(std::to_string(status), "", "3");
    CHECK(registration.errc() == Errc::service);
    CHECK(registration.error().service_status() == status);
    p.advance(60s);
    CHECK(p.requests == 2);
  }
}

TEST_CASE("Registration: a service that stays too busy is asked until the time is over") {
  RegistrationChain p;
  auto registration = p.run_within<RegisterOperation>(60s, Json(), "reg1");
  p.answer("202", kAssigning);
  p.advance(2s);
  for (int i = 2; i <= 12; ++i) {
    CHECK(p.requests == i);
    p.answer(i % 2 == 0 ? "429" : "503", "", "5");
    p.advance(5s);
  }
  p.advance(3s - 1ns);
  CHECK_FALSE(registration.completed());
  p.advance(1ns);
  CHECK(registration.errc() == Errc::timed_out);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("Registration: a registration that failed is an error that brings its result along") {
  RegistrationChain p;
  auto registration = p.begin_registration();
  p.answer("200", R"({"operationId": "op1", "status": "failed"})");
  CHECK(registration.errc() == Errc::service);
  CHECK(registration.op().registration_result->status == "failed");
}

TEST_CASE("Registration: an answer that cannot be read ends it with an error that says so") {
  for (const std::string body :
       {"", "<html>", "[1]", "null", R"({"status": "assigned", "registrationState": "x"})",
        R"({"status": "assigned", "registrationState": {"deviceId": 3}})"}) {
    CAPTURE(body);
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer("200", body);
    CHECK(registration.errc() == Errc::bad_content);
    CHECK_FALSE(registration.error().detail().empty());
  }
  RegistrationChain p;
  auto registration = p.begin_registration();
  p.answer("429", "", "soon");
  CHECK(registration.errc() == Errc::bad_content);
}

TEST_CASE("Registration: a status that no one knows is an error that names it") {
  const std::string long_text(100'000, 'x');
  for (const auto& [status, shown] :
       {std::pair<std::string, std::string>{R"("disabled")", R"("disabled")"},
        {R"("a\nb")", R"("a\nb")"},
        {'"' + long_text + '"', '"' + std::string(40, 'x') + '"'},
        {R"({"key": "secret"})", "an object"},
        {R"([1, 2])", "a list"},
        {"3", "3"},
        {"null", "null"},
        {"", "None"}}) {
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer("200", status.empty() ? "{}" : R"({"status": )" + status + "}");
    CHECK(registration.errc() == Errc::service);
    const std::string text = registration.error().detail();
    CHECK(text.find("status " + shown + " with") != std::string::npos);
  }
}

TEST_CASE("Registration: a service that never answers has half a minute for each request") {
  RegistrationChain p;
  auto registration = p.begin_registration();
  p.advance(30s - 1ns);
  CHECK_FALSE(registration.completed());
  p.advance(1ns);
  CHECK(registration.errc() == Errc::service);
  CHECK(registration.error().cause().code() == Errc::timed_out);
  p.answer("429");  // Too late to have it tried again.
  p.advance(60s);
  CHECK(p.requests == 1);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("Registration: what times out below before its half minute is over keeps its error") {
  RegistrationChain p;
  p.transport.script_acks({refuse_with(Error(Errc::timed_out, "too slow"))});
  CHECK(p.begin_registration().errc() == Errc::timed_out);
  p.transport.script_acks({refuse_with(Error(Errc::protocol_client, "refused"))});
  auto late = p.begin_registration();
  CHECK(late.errc() == Errc::protocol_client);
}

TEST_CASE("Registration: its own deadline ends it also between two requests") {
  RegistrationChain p;
  auto registration = p.run_within<RegisterOperation>(45s, Json(), "reg1");
  p.answer("429", "", "60");
  p.advance(45s - 1ns);
  CHECK_FALSE(registration.completed());
  p.advance(1ns);
  CHECK(registration.errc() == Errc::timed_out);
  p.advance(60s);
  CHECK(p.requests == 1);
}

TEST_CASE(
    "Registration: an hour of patience is had to the second, years are between half and one") {
  const auto waits = [](const std::string& retry_after, double random, Duration pause) {
    RegistrationChain p({.operation_timeout = Duration::zero()});
    p.nucleus().random = [random] { return random; };
    auto registration = p.begin_registration();
    p.answer("429", "", retry_after);
    p.advance(pause - 1ns);
    CHECK(p.requests == 1);
    p.advance(1ns);
    CHECK(p.requests == 2);
    p.answer("400");
    CHECK(registration.completed());
  };
  waits("3600", 0.5, 1h);
  waits("3601", 0, 30min);
  waits("99999999999999", 0.5, 45min);
}

TEST_CASE("Registration: a service that wants no pause is asked again after a second") {
  for (const std::string retry_after : {"0", "-0", "-5", "-10000000000"}) {
    CAPTURE(retry_after);
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer("429", "", retry_after);
    p.advance(1s - 1ns);
    CHECK(p.requests == 1);
    p.advance(1ns);
    CHECK(p.requests == 2);
    p.answer("200", kAssigned);
    CHECK(registration.succeeded());
  }
}

TEST_CASE("Registration: between two questions how far it is passes a second at least") {
  for (const std::string status : {"202", "429", "503"}) {
    CAPTURE(status);
    RegistrationChain p;
    auto registration = p.begin_registration();
    p.answer("202", kAssigning, "0");
    p.advance(2s);
    for (int i = 2; i <= 60; ++i) {
      REQUIRE(p.requests == i);
      p.answer(status, kAssigning, "0");
      p.advance(1s - 1ns);
      REQUIRE(p.requests == i);
      p.advance(1ns);
    }
    p.answer("200", kAssigned);
    CHECK(registration.succeeded());
  }
}

TEST_CASE("Registration: shutdown ends it in each of its waits, and nothing is sent afterwards") {
  for (const int wait : {0, 1, 2}) {
    CAPTURE(wait);
    RegistrationChain p;
    auto registration = p.begin_registration();
    if (wait == 1) p.answer("429");
    if (wait == 2) p.answer("202", kAssigning);
    p.run<ShutdownPipelineOperation>();
    CHECK(registration.errc() == Errc::operation_cancelled);
    p.advance(60s);
    CHECK(p.requests == 1);
  }
}

TEST_CASE("Registration: what the service has not decided yet is not looked at") {
  RegistrationChain p;
  auto registration = p.begin_registration();
  p.answer("202", R"({"registrationState": 3, "operationId": "op1", "status": "assigning"})");
  p.advance(2s);
  CHECK(p.transport.published().size() == 2);
  CHECK_FALSE(registration.completed());
}

TEST_CASE("Registration: a service that names no operation cannot be polled, and it ends there") {
  RegistrationChain p;
  auto registration = p.begin_registration();
  p.answer("202", R"({"status": "assigning"})");
  p.advance(2s);
  CHECK(registration.errc() == Errc::bad_content);
  CHECK(p.transport.published().size() == 1);
}

}  // namespace
}  // namespace azure::iot::device
