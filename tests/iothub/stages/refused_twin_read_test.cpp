#include <algorithm>
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "iothub/stages/ensure_desired_properties_stage.hpp"
#include "support/test_hub_pipeline.hpp"

// A hub that ends the connection on each read of the twin.
namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

struct RefusedRead : TestHubChain {
  RefusedRead() : TestHubChain({.operation_timeout = 4min}) {
    run<ConnectOperation>();
    run<EnableFeatureOperation>(std::string(feature::kTwin));
    run<EnableFeatureOperation>(std::string(feature::kTwinPatches));
    transport.session_present = true;
    transport.otherwise = Reply{[](const Asked& asked) {
      if (asked.is_connect() || !asked.packet().topic.starts_with("$iothub/twin/GET/")) {
        return asked.answer();
      }
      asked.far_end().drop();
    }};
    twin.silent = true;
    transport.drop();
    settle();
  }
  // The number of reads that were sent.
  std::ptrdiff_t reads() const {
    const auto topics = transport.published();
    return std::count_if(topics.begin(), topics.end(), [](const std::string& topic) {
      return topic.starts_with("$iothub/twin/GET/");
    });
  }
};

TEST_CASE("EnsureDesiredProperties: a read that ends each connection is put off, and reported") {
  RefusedRead p;
  p.advance(30s);
  CHECK(p.nucleus().connected());
  CHECK(p.reads() == 5);
  const auto put_off = [](const Error& error) {
    return error.detail() == "the twin is read later, to look for missed changes";
  };
  CHECK(std::count_if(p.events.background_errors.begin(), p.events.background_errors.end(),
                      put_off) == 1);
  CHECK(p.run<SendD2CMessageOperation>(Message{.data = "goes through"}).succeeded());

  p.advance(31s);
  CHECK(p.reads() == 10);  // Retried after a minute, and given up again.
  CHECK(p.nucleus().connected());
  p.advance(1min);
  CHECK(p.reads() == 10);
  p.advance(1min);
  CHECK(p.reads() == 15);
}

TEST_CASE("EnsureDesiredProperties: reconnects do not put off a read that was put off any longer") {
  RefusedRead p;
  p.advance(30s);
  p.transport.otherwise = accept;
  p.twin.silent = false;
  p.twin.set_desired(5);
  for (int i = 0; i < 4; ++i) {
    p.run<ReauthorizeConnectionOperation>();  // As at the renewal of a short-lived token.
    p.advance(11s);
  }
  CHECK(p.received.patches.size() == 1);
}

TEST_CASE("EnsureDesiredProperties: a read that was put off brings what was missed") {
  RefusedRead p;
  p.advance(30s);
  p.transport.otherwise = accept;
  p.twin.silent = false;
  p.twin.set_desired(5);
  p.advance(31s);
  REQUIRE(p.received.patches.size() == 1);
  CHECK(p.received.patches[0]["$version"].as_int() == 5);
  p.transport.drop();
  p.advance(10ms);
  CHECK(p.reads() == 7);  // At once again.
}

}  // namespace
}  // namespace azure::iot::device
