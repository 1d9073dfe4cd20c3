#include "iothub/stages/twin_request_response_stage.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "iothub/stages/iothub_mqtt_translation_stage.hpp"
#include "pipeline/stages/coordinate_request_and_response_stage.hpp"
#include "support/test_hub_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;

struct TwinPipeline : TestHubPipeline<TwinRequestResponseStage, CoordinateRequestAndResponseStage,
                                      IotHubMqttTranslationStage> {
  TwinPipeline() {
    nucleus().make_request_id = [] { return "id"; };
    run<ConnectOperation>();
  }
};

TEST_CASE("TwinRequestResponse: a twin is what the hub answered to a GET") {
  TwinPipeline p;
  p.twin.body = R"({"desired": {"$version": 3, "a": [1, null]}, "reported": {}})";
  auto get = p.run<GetTwinOperation>();
  REQUIRE(get.succeeded());
  CHECK(get.op().twin == Json::parse_or_throw(p.twin.body));
  CHECK(p.transport.published() == Strings{"$iothub/twin/GET/?$rid=id"});
  CHECK(p.transport.packets()[0].payload == " ");
}

TEST_CASE("TwinRequestResponse: reported properties are sent as a PATCH") {
  TwinPipeline p;
  p.twin.status = 204;
  p.twin.body = "";
  auto patch =
      p.run<PatchTwinReportedPropertiesOperation>(Json{{"temperature", 21}, {"old", Json()}});
  CHECK(patch.succeeded());
  CHECK(p.transport.published() == Strings{"$iothub/twin/PATCH/properties/reported/?$rid=id"});
  CHECK(p.transport.packets()[0].payload == R"({"temperature": 21, "old": null})");
}

TEST_CASE("TwinRequestResponse: a status of 300 or more is an error that names it") {
  TwinPipeline p;
  for (const int status : {300, 400, 429, 503}) {
    p.twin.status = status;
    auto get = p.run<GetTwinOperation>();
    CHECK(get.errc() == Errc::service);
    CHECK(get.error().service_status() == status);
    auto patch = p.run<PatchTwinReportedPropertiesOperation>(Json{{"a", 1}});
    CHECK(patch.error().service_status() == status);
    CHECK(patch.error().detail() == "twin operation returned status " + std::to_string(status));
  }
  p.twin.status = 299;
  CHECK(p.run<GetTwinOperation>().succeeded());
}

TEST_CASE(
    "TwinRequestResponse: what the hub says of an error is quoted, as far as it makes sense") {
  TwinPipeline p;
  p.twin.status = 400;
  const auto told = [&](const std::string& body) {
    p.twin.body = body;
    const std::string of_get = p.run<GetTwinOperation>().error().detail();
    CHECK(p.run<PatchTwinReportedPropertiesOperation>(Json{{"a", 1}}).error().detail() == of_get);
    const std::string status = "twin operation returned status 400";
    CHECK(of_get.starts_with(status));
    return of_get.substr(status.size());
  };
  CHECK(told(R"({"errorCode": 400004, "message": "too \"large\"", "trackingId": "t-1"})") ==
        R"(: 400004, "too \"large\"", tracking id "t-1")");
  CHECK(told(R"({"message": ")" + std::string(100'000, 'x') + "\"}") ==
        ": \"" + std::string(200, 'x') + '"');
  CHECK(told(R"({"message": "a\u001b[2J\n\u202eb"})") == R"(: "a\x1b[2J\n\u202eb")");
  for (const char* unclear : {"", "no json", "[]", "\"message\"",
                              R"({"message": 1, "errorCode": "x"})", "{\"a\": \xff}"}) {
    CHECK(told(unclear).empty());
  }
}

TEST_CASE("TwinRequestResponse: a body that cannot be read fails the GET, but not a PATCH") {
  TwinPipeline p;
  for (const std::string body : {"", "{", "no json", "{\"a\": \xff}"}) {
    p.twin.body = body;
    CHECK(p.run<GetTwinOperation>().errc() == Errc::bad_content);
    CHECK(p.run<PatchTwinReportedPropertiesOperation>(Json{{"a", 1}}).succeeded());
  }
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("TwinRequestResponse: a body nested beyond any sense is refused, not followed") {
  TwinPipeline p;
  p.twin.body = std::string(100'000, '[');
  CHECK(p.run<GetTwinOperation>().errc() == Errc::bad_content);
}

TEST_CASE("TwinRequestResponse: a request that cannot be sent fails with its error") {
  TwinPipeline p;
  p.transport.fail_calls({Errc::no_connection, Errc::no_connection});
  CHECK(p.run<GetTwinOperation>().errc() == Errc::no_connection);
  CHECK(p.run<PatchTwinReportedPropertiesOperation>(Json{{"a", 1}}).errc() == Errc::no_connection);
}

TEST_CASE("TwinRequestResponse: without an answer both fail at their deadline, and not before") {
  TwinPipeline p;
  p.twin.silent = true;
  auto get = p.run_within<GetTwinOperation>(30s);
  auto patch = p.run_within<PatchTwinReportedPropertiesOperation>(30s, Json{{"a", 1}});
  p.advance(30s - 1ns);
  CHECK_FALSE((get.completed() || patch.completed()));
  p.advance(1ns);
  CHECK(get.errc() == Errc::timed_out);
  CHECK(patch.errc() == Errc::timed_out);
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("TwinRequestResponse: shutdown cancels what waits for its answer") {
  TwinPipeline p;
  p.twin.silent = true;
  auto get = p.run<GetTwinOperation>();
  auto patch = p.run<PatchTwinReportedPropertiesOperation>(Json{{"a", 1}});
  p.run<ShutdownPipelineOperation>();
  CHECK(get.errc() == Errc::operation_cancelled);
  CHECK(patch.errc() == Errc::operation_cancelled);
}

TEST_CASE("TwinRequestResponse: a patch that the service would refuse is not sent") {
  TwinPipeline p;
  auto patch = p.run<PatchTwinReportedPropertiesOperation>(Json{{"a", {{"b c", 1}}}});
  CHECK(patch.errc() == Errc::bad_content);
  CHECK(patch.error().detail().ends_with("at \"b c\" in \"a\""));
  CHECK(p.transport.packets().empty());
}

}  // namespace
}  // namespace azure::iot::device
