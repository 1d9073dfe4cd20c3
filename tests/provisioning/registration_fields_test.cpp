// The service's answer to a registration: each field, and each that is missing or of another kind.
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "provisioning/models/registration_result.hpp"
#include "provisioning/mqtt_topic_provisioning.hpp"
#include "provisioning/registration_answer.hpp"
#include "provisioning/user_agent.hpp"
#include "support/doctest_texts.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;

using Field = std::optional<std::string> RegistrationState::*;
const std::pair<std::string, Field> kFields[] = {
    {"deviceId", &RegistrationState::device_id},
    {"assignedHub", &RegistrationState::assigned_hub},
    {"substatus", &RegistrationState::sub_status},
    {"createdDateTimeUtc", &RegistrationState::created_date_time},
    {"lastUpdatedDateTimeUtc", &RegistrationState::last_update_date_time},
    {"etag", &RegistrationState::etag},
};

Json body_with(Json state) {
  return {{"operationId", "op1"}, {"status", "assigned"}, {"registrationState", std::move(state)}};
}

TEST_CASE("Registration fields: each text of the state has its place") {
  for (const auto& [name, field] : kFields) {
    CAPTURE(name);
    RegistrationState expected;
    expected.*field = "v";
    auto result = read_registration_result(body_with({{name, "v"}}));
    REQUIRE(result);
    CHECK(result->registration_state == expected);
    CHECK(result->operation_id == "op1");
    CHECK(result->status == "assigned");
    result = read_registration_result(body_with({{name, Json()}}));
    REQUIRE(result);
    CHECK(result->registration_state == RegistrationState{});
  }
}

TEST_CASE("Registration fields: the payload of a policy is taken as it is") {
  const auto result = read_registration_result(body_with({{"payload", Json{{"a", 1}}}}));
  REQUIRE(result);
  CHECK(result->registration_state->response_payload == Json{{"a", 1}});
}

TEST_CASE(
    "Registration fields: one that is no text is named, and so is a state that is no object") {
  const auto refusal = [](const Json& body) {
    const auto result = read_registration_result(body);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::bad_content);
    return result.error().detail();
  };
  const std::string unreadable = "the service's answer cannot be read: its ";
  for (const auto& [name, field] : kFields) {
    CHECK(refusal(body_with({{name, 3}})) == unreadable + name + " is no text: 3");
  }
  CHECK(refusal({{"status", 1}}) == unreadable + "status is no text: 1");
  CHECK(refusal({{"status", "assigned"}, {"operationId", true}}) ==
        unreadable + "operationId is no text: true");
  CHECK(refusal(body_with("x")) == unreadable + "registrationState is no object: \"x\"");
  CHECK(refusal(body_with(Json::parse_or_throw("[]"))) ==
        unreadable + "registrationState is no object: a list");
}

TEST_CASE("Registration fields: without a state there is none") {
  CHECK_FALSE((*read_registration_result({{"status", "assigned"}})).registration_state);
  CHECK_FALSE((*read_registration_result(body_with(Json()))).registration_state);
  CHECK((*read_registration_result(body_with(Json::parse_or_throw("{}")))).registration_state);
  CHECK_FALSE((*read_registration_result({{"status", "assigned"}})).operation_id);
  CHECK((*read_registration_result({{"operationId", "op1"}})).status == "");
}

RegistrationAnswer answered(int status, std::string body, std::string_view what) {
  RequestAndResponseOperation response(Request{"register", "PUT", "/", "", {}});
  response.status_code = status;
  response.response_body = std::move(body);
  return read_registration_answer(response, what);
}

TEST_CASE("Registration answer: what each status asks for, at its limits") {
  const std::string assigned = R"({"status": "assigned"})";
  const auto read = [&](int status) { return answered(status, assigned, "register"); };
  using Kind = RegistrationAnswer::Kind;
  for (const int status : {0, 200, 202, 299}) {
    CAPTURE(status);
    CHECK(read(status).kind == Kind::ended);
    CHECK_FALSE(read(status).error);
    CHECK(read(status).result->status == "assigned");
  }
  for (const int status : {300, 428, 430, 499}) {
    CAPTURE(status);
    CHECK(read(status).kind == Kind::ended);
    CHECK(read(status).error.service_status() == status);
    CHECK_FALSE(read(status).result);
  }
  for (const int status : {429, 500, 503, 599, 600}) {
    CAPTURE(status);
    CHECK(read(status).kind == Kind::try_again);
    CHECK_FALSE(read(status).error);
  }
}

TEST_CASE("Registration answer: it names the request, the status and what the service says") {
  const auto answer = answered(401, R"({"message": "who are you"})", "query");
  CHECK(answer.error.code() == Errc::service);
  CHECK(answer.error.detail() ==
        "query request returned a service error status code 401: \"who are you\"");
  CHECK(answered(401, "no json", "query").error.detail() ==
        "query request returned a service error status code 401");
}

TEST_CASE("Registration answer: each status of a registration, and none other") {
  using Kind = RegistrationAnswer::Kind;
  const auto read = [](const std::string& text) {
    return answered(200, R"({"status": ")" + text + "\"}", "query");
  };
  CHECK(read("assigned").kind == Kind::ended);
  CHECK_FALSE(read("assigned").error);
  CHECK(read("assigning").kind == Kind::assigning);
  CHECK_FALSE(read("assigning").error);
  CHECK(read("assigning").result);
  CHECK(read("failed").kind == Kind::ended);
  CHECK(read("failed").error.code() == Errc::service);
  CHECK(read("failed").error.service_status() == 200);
  CHECK(read("failed").result);
  for (const std::string other : {"", "Assigned", "assigned ", "disabled", "unassigned"}) {
    CAPTURE(other);
    CHECK(read(other).kind == Kind::ended);
    CHECK(read(other).error.code() == Errc::service);
    CHECK(read(other).error.service_status() == 200);
    CHECK_FALSE(read(other).result);
  }
}

TEST_CASE("Registration answer: why a registration failed is told, if the service says it") {
  const auto told = [](const std::string& state) {
    return answered(200, R"({"status": "failed", "registrationState": )" + state + "}", "query")
        .error.detail();
  };
  const std::string failed =
      "Query Status operation returned a failed registration status with a status code of 200";
  CHECK(told(R"({"errorCode": 400207, "errorMessage": "no hub"})") ==
        failed + ": 400207, \"no hub\"");
  CHECK(told("{}") == failed);
  CHECK(told("null") == failed);
}

TEST_CASE("Provisioning topics: what is subscribed to and published to, with ids encoded") {
  using namespace mqtt_topic_provisioning;
  CHECK(get_register_topic_for_subscribe() == "$dps/registrations/res/#");
  CHECK(get_register_topic_for_publish("a b") ==
        "$dps/registrations/PUT/iotdps-register/?$rid=a%20b");
  CHECK(get_query_topic_for_publish("a b", "c d") ==
        "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=a%20b&operationId=c%20d");
  CHECK(dps_sas_uri("scope", "reg") == "scope/registrations/reg");
}

TEST_CASE("Provisioning topics: a response is known by its topic, wherever that stands") {
  using namespace mqtt_topic_provisioning;
  CHECK(is_dps_response_topic("$dps/registrations/res/200/?$rid=1"));
  CHECK(is_dps_response_topic("x$dps/registrations/res/200"));
  CHECK_FALSE(is_dps_response_topic("$dps/registrations/res"));
  CHECK_FALSE(is_dps_response_topic("$dps/registrations/PUT/"));
}

TEST_CASE("Provisioning topics: a name that comes twice is refused, unless it was empty at first") {
  using namespace mqtt_topic_provisioning;
  const auto read = [](const std::string& bag) {
    return extract_properties_from_dps_response_topic("$dps/registrations/res/200/?$" + bag);
  };
  CHECK(*read("rid=&rid=2") == Properties{{"rid", "2"}});
  CHECK(*read("a=1&b=2&c=") == Properties{{"a", "1"}, {"b", "2"}, {"c", ""}});
  CHECK(read("rid=1&rid=1").error().code() == Errc::bad_content);
  CHECK(read("rid=1&rid=").error().code() == Errc::bad_content);
  CHECK(read("a=1&b").error().code() == Errc::bad_content);
  CHECK(*read("rid=1$x=2") == Properties{{"rid", "1"}});  // Up to a third dollar sign.
}

}  // namespace
}  // namespace azure::iot::device
