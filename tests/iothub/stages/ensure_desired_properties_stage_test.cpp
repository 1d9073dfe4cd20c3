#include "iothub/stages/ensure_desired_properties_stage.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/iothub/stages/ensure_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

TEST_CASE("EnsureDesiredProperties: a connect reads the twin and sends up what is new in it") {
  EnsurePipeline p;
  p.twin.body = R"({"desired": {"a": 1, "$version": 5}, "reported": {"b": 2}})";
  p.run<ConnectOperation>();
  CHECK(p.received.patches == std::vector<Json>{Json{{"a", 1}, {"$version", 5}}});
  p.reconnect();
  CHECK(p.twin.requests == 2);
  CHECK(p.versions() == std::vector{5});  // Nothing new.
  p.twin.set_desired(6);
  p.reconnect();
  CHECK(p.versions() == std::vector{5, 6});
}

TEST_CASE(
    "EnsureDesiredProperties: the read comes before the news of the connection, unless the session "
    "was lost") {
  for (const bool session_present : {true, false}) {
    CAPTURE(session_present);
    EnsurePipeline p;
    std::size_t published = 0;
    p.on_event = [&](const Event& event) {
      if (event_cast<ConnectedEvent>(event)) published = p.transport.published().size();
    };
    p.transport.session_present = session_present;
    p.run<ConnectOperation>();
    CHECK(published == (session_present ? 1 : 0));
    CHECK(p.twin.requests == 1);
  }
}

TEST_CASE("EnsureDesiredProperties: a patch that was received is not sent up once more") {
  EnsurePipeline p;
  p.run<ConnectOperation>();
  p.patch(2);
  p.twin.set_desired(2);
  p.reconnect();
  CHECK(p.versions() == std::vector{1, 2});
}

TEST_CASE("EnsureDesiredProperties: a read that is older than a patch is not sent up") {
  EnsurePipeline p;
  p.twin.silent = true;
  p.begin<ConnectOperation>();
  p.settle();
  p.patch(7);
  // The twin as it was when the request arrived.
  const std::string request = p.transport.published().back();
  p.receive("$iothub/twin/res/200/" + request.substr(request.find('?')),
            R"({"desired": {"$version": 6}})");
  CHECK(p.versions() == std::vector{7});
  p.twin.silent = false;
  p.twin.set_desired(8);
  p.reconnect();
  CHECK(p.versions() == std::vector{7, 8});
}

TEST_CASE(
    "EnsureDesiredProperties: a read is delivered whatever the version of a patch of an earlier "
    "link") {
  EnsurePipeline p;
  p.run<ConnectOperation>();
  p.patch(7);
  p.twin.set_desired(3);  // The hub was restored.
  p.reconnect();
  CHECK(p.versions() == std::vector{1, 7, 3});
  p.patch(4);
  CHECK(p.versions() == std::vector{1, 7, 3, 4});
}

TEST_CASE("EnsureDesiredProperties: a read is not delivered if a patch of its own link is newer") {
  EnsurePipeline p;
  p.run<ConnectOperation>();
  p.patch(7);
  p.twin.silent = true;
  p.reconnect();
  p.patch(4);
  const std::string request = p.transport.published().back();
  p.receive("$iothub/twin/res/200/" + request.substr(request.find('?')),
            R"({"desired": {"$version": 3}})");
  CHECK(p.versions() == std::vector{1, 7, 4});
}

TEST_CASE("EnsureDesiredProperties: an old answer to a read of an earlier link has it read again") {
  EnsurePipeline p;
  p.twin.silent = true;
  p.begin<ConnectOperation>();
  p.settle();
  p.patch(7);
  p.reconnect();
  CHECK(p.twin.requests == 1);
  p.twin.silent = false;
  p.twin.set_desired(3);
  const std::string request = p.transport.published().front();
  p.receive("$iothub/twin/res/200/" + request.substr(request.find('?')),
            R"({"desired": {"$version": 2}})");
  CHECK(p.twin.requests == 2);
  CHECK(p.versions() == std::vector{7, 3});
}

TEST_CASE(
    "EnsureDesiredProperties: of two reads the later one counts, though its version is lower") {
  EnsurePipeline p;
  p.twin.set_desired(9);
  p.run<ConnectOperation>();
  p.twin.set_desired(1);  // The device was recreated.
  p.reconnect();
  CHECK(p.versions() == std::vector{9, 1});
}

TEST_CASE("EnsureDesiredProperties: version 0 is a version") {
  EnsurePipeline p;
  p.run<ConnectOperation>();
  p.patch(0);
  p.twin.set_desired(0);
  p.reconnect();
  CHECK(p.twin.requests == 2);
  CHECK(p.versions() == std::vector{1, 0});
}

TEST_CASE("EnsureDesiredProperties: nothing is read while twin patches are of no interest") {
  TestHubPipeline<EnsureDesiredPropertiesStage, TwinRequestResponseStage,
                  CoordinateRequestAndResponseStage, IotHubMqttTranslationStage>
      p;
  p.run<EnableFeatureOperation>(std::string(feature::kTwin));
  p.run<EnableFeatureOperation>(std::string(feature::kC2D));
  p.run<ConnectOperation>();
  CHECK(p.twin.requests == 0);
  CHECK(p.received.patches.empty());
}

TEST_CASE(
    "EnsureDesiredProperties: where it is off nothing is read, and patches pass as they are") {
  EnsurePipeline p({.device_id = "dev1", .ensure_desired_properties = false});
  p.run<ConnectOperation>();
  p.receive("$iothub/twin/PATCH/properties/desired/?$version=1", R"({"a": 1})");
  p.reconnect();
  CHECK(p.twin.requests == 0);
  CHECK(p.received.patches.size() == 1);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("EnsureDesiredProperties: enabling twin patches again makes everything new") {
  EnsurePipeline p;
  p.run<ConnectOperation>();
  p.run<EnableFeatureOperation>(std::string(feature::kTwinPatches));
  p.reconnect();
  CHECK(p.versions() == std::vector{1, 1});
}

TEST_CASE("EnsureDesiredProperties: a patch without a version is reported, and not sent up") {
  for (const std::string body : {R"({"a": 1})", "null", "[]", "7"}) {
    CAPTURE(body);
    EnsurePipeline p;
    p.run<ConnectOperation>();
    p.receive("$iothub/twin/PATCH/properties/desired/?$version=2", body);
    CHECK(p.versions() == std::vector{1});
    REQUIRE(p.events.background_errors.size() == 1);
    CHECK(p.events.background_errors[0].code() == Errc::bad_content);
  }
}

TEST_CASE("EnsureDesiredProperties: a patch whose version is no number is sent up all the same") {
  for (const std::string version : {R"("1")", "null", "true", "1.5"}) {
    CAPTURE(version);
    EnsurePipeline p;
    p.run<ConnectOperation>();
    p.receive("$iothub/twin/PATCH/properties/desired/?$version=2",
              R"({"$version": )" + version + "}");
    REQUIRE(p.received.patches.size() == 2);
    CHECK(p.received.patches[1]["$version"].dump() == version);
    p.twin.body = R"({"desired": {"$version": )" + version + "}}";
    p.reconnect();
    CHECK(p.twin.requests == 2);
    CHECK(p.received.patches.size() == 2);  // Nothing new.
    CHECK(p.events.background_errors.empty());
  }
}

TEST_CASE("EnsureDesiredProperties: a patch that comes unasked makes patches wanted") {
  TestHubPipeline<EnsureDesiredPropertiesStage, TwinRequestResponseStage,
                  CoordinateRequestAndResponseStage, IotHubMqttTranslationStage>
      p;
  p.run<ConnectOperation>();
  CHECK(p.twin.requests == 0);
  p.receive("$iothub/twin/PATCH/properties/desired/?$version=1", R"({"$version": 1})");
  p.run<DisconnectOperation>();
  p.run<ConnectOperation>();
  CHECK(p.twin.requests == 1);
}

}  // namespace
}  // namespace azure::iot::device
