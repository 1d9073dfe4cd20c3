#include "pipeline/service_words.hpp"

#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

std::string reason(std::string_view body) { return reason_in(Json::parse_or_throw(body)); }

TEST_CASE(
    "Service words: a reason has the code, the message and the tracking id, as far as given") {
  CHECK(reason(R"({"trackingId": "t-1", "message": "no\nway", "errorCode": 400004})") ==
        R"(: 400004, "no\nway", tracking id "t-1")");
  CHECK(reason(R"({"errorCode": 401})") == ": 401");
  CHECK(reason(R"({"message": "m"})") == R"(: "m")");
  CHECK(reason(R"({"trackingId": "t"})") == R"(: tracking id "t")");
  CHECK(reason(R"({"errorCode": 1, "trackingId": "t"})") == R"(: 1, tracking id "t")");
  CHECK(reason("{}").empty());
}

TEST_CASE("Service words: members of the wrong type, and a body that is no object, say nothing") {
  CHECK(reason(R"({"errorCode": "1", "message": 2, "trackingId": 3})").empty());
  CHECK(reason(R"({"errorCode": null, "message": null, "trackingId": null})").empty());
  for (const char* body : {"null", "[]", "17", R"("message")", "true"}) {
    CAPTURE(body);
    CHECK(reason(body).empty());
  }
}

TEST_CASE("Service words: each service has its own name for the message") {
  const Json said{{"Message", "hub"}, {"message", "registration"}};
  CHECK(reason_in(said, "Message") == R"(: "hub")");
  CHECK(reason_in(said, "message") == R"(: "registration")");
}

}  // namespace
}  // namespace azure::iot::device
