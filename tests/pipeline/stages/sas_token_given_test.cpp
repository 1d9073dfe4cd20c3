// Tokens created by the application: the times at which SasTokenStage requests the next one.
#include <chrono>

#include <doctest/doctest.h>

#include "pipeline/stages/sas_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

TEST_CASE("SasToken: a token that expired before a clock can tell counts as expired") {
  SasPipeline p{{.sastoken = *NonRenewableSasToken::parse(
                     "SharedAccessSignature sr=hub&sig=c2ln&se=-9223372037")}};
  p.advance(0s);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
}

TEST_CASE(
    "SasToken: the user is asked for a new token 120 s before the one he gave expires, once") {
  SasPipeline p{{.sastoken = given_token(3600s)}};
  p.run<ConnectOperation>();
  p.advance(3480s - 1ns);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 0);
  p.advance(1ns);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
  p.advance(24h);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
  CHECK(p.transport.dials() == 1);
}

TEST_CASE(
    "SasToken: a token that the user brings is used, and the next one asked for in its time") {
  SasPipeline p{{.sastoken = given_token(3600s)}};
  p.run<ConnectOperation>();
  p.advance(1000s);
  p.nucleus().options.sastoken = given_token(7200s);
  CHECK(p.run<ReauthorizeConnectionOperation>().succeeded());
  CHECK(p.transport.passwords()[1] == p.nucleus().options.sastoken->text());
  p.advance(6080s - 1ns);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 0);
  p.advance(1ns);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
}

TEST_CASE(
    "SasToken: a given token in the place of one that is renewed is asked for in its own time") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.nucleus().options.sastoken = given_token(7200s);
  p.advance(7080s - 1ns);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 0);
  p.advance(1ns);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("SasToken: a token that expired long ago is asked for at once, but not twice") {
  SasPipeline p{{.sastoken = given_token(-3600s)}};
  p.advance(0s);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
  p.advance(1h);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
}

TEST_CASE("SasToken: an application with short-lived tokens is asked at half of their lives") {
  struct Case {
    std::chrono::seconds life;
    std::size_t most, least;  // Requests in ten minutes.
  };
  for (const Case& c : {Case{120s, 11, 9}, Case{60s, 21, 19}, Case{1s, 601, 500},
                        Case{0s, 601, 500}, Case{-3600s, 601, 500}, Case{200s, 7, 5}}) {
    CAPTURE(c.life.count());
    SasPipeline p{{.sastoken = given_token(c.life)}};
    p.run<ConnectOperation>();
    const WallTime start = p.loop().wall_now();
    p.on_event = [&](const Event& event) {
      if (!event_cast<NewSasTokenRequiredEvent>(event)) return;
      const auto now = std::chrono::floor<std::chrono::seconds>(p.loop().wall_now() - start);
      p.nucleus().options.sastoken = given_token(now + c.life);
      p.pipeline().submit(make_op<ReauthorizeConnectionOperation>());
    };
    for (int i = 0; i < 600; ++i) p.advance(1s);
    CHECK(p.events.count<NewSasTokenRequiredEvent>() <= c.most);
    CHECK(p.events.count<NewSasTokenRequiredEvent>() >= c.least);
    p.on_event = nullptr;
  }
}

TEST_CASE("SasToken: a token of the user's whose connect is refused does not keep the link down") {
  SasPipeline p{{.sastoken = given_token(3600s)}};
  p.run<ConnectOperation>();
  p.advance(3480s);
  CHECK(p.events.count<NewSasTokenRequiredEvent>() == 1);
  p.transport.script({refuse});
  p.nucleus().options.sastoken = given_token(7200s);
  CHECK(p.run<ReauthorizeConnectionOperation>().errc() == Errc::connection_failed);
  p.advance(10s);
  CHECK(p.nucleus().connected());
  CHECK(p.transport.passwords().back() == p.nucleus().options.sastoken->text());
  CHECK(p.transport.dials() == 3);
}

}  // namespace
}  // namespace azure::iot::device
