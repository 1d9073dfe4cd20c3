#include <chrono>

#include <doctest/doctest.h>

#include "pipeline/stages/sas_pipeline.hpp"
#include "pipeline/stages/sas_token_stage.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

TEST_CASE("SasToken: a renewal that fails is tried again every interval, and then in use") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  sas.signer->fails = true;
  p.advance(3480s);
  CHECK(sas.signer->calls == 2);
  p.advance(10s - 1ns);
  CHECK(sas.signer->calls == 2);
  p.advance(1ns);
  CHECK(sas.signer->calls == 3);
  sas.signer->fails = false;
  p.advance(10s);
  CHECK(sas.signer->calls == 4);
  CHECK(p.transport.passwords().back() == sas.token->text());
  CHECK(p.transport.dials() == 2);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE("SasToken: a renewal that fails until the token expires is reported then, once") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  sas.signer->fails = true;
  p.advance(3600s - 1ns);
  CHECK(p.events.background_errors.empty());
  p.advance(1ns);
  REQUIRE(p.events.background_errors.size() == 1);
  CHECK(p.events.background_errors[0].code() == Errc::sas_token);
  const int calls = sas.signer->calls;
  p.advance(24h);
  CHECK(sas.signer->calls == calls);
  CHECK(p.events.background_errors.size() == 1);
}

TEST_CASE("SasToken: a renewal that failed is not tried again once there is another token") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  sas.signer->fails = true;
  p.advance(3480s);
  Renewable another(7200s);
  p.nucleus().options.sastoken = another.token;
  p.run<ReauthorizeConnectionOperation>();
  p.advance(3600s - 1ns);
  CHECK(another.signer->calls == 1);
  CHECK(p.transport.dials() == 2);
  CHECK(p.events.background_errors.empty());
}

TEST_CASE(
    "SasToken: a renewal that failed is tried again after a reauthorization with that token") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  sas.signer->fails = true;
  p.advance(3485s);
  p.run<ReauthorizeConnectionOperation>();
  sas.signer->fails = false;
  p.advance(5s - 1ns);
  CHECK(sas.signer->calls == 2);
  p.advance(1ns);
  CHECK(sas.signer->calls == 3);
  CHECK(p.transport.passwords().back() == sas.token->text());
}

TEST_CASE("SasToken: pauses of zero do not make a storm of a renewal that fails") {
  Renewable sas(3600s);
  PipelineConfig config = sas.config();
  config.connection_retry_interval = 0s;
  SasPipeline p{config};
  p.run<ConnectOperation>();
  sas.signer->fails = true;
  p.advance(3481s);
  CHECK(sas.signer->calls <= 2 + 10);
}

TEST_CASE("SasToken: after a shutdown a renewal that failed is not tried again") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  sas.signer->fails = true;
  p.advance(3480s);
  CHECK(sas.signer->calls == 2);
  p.run<ShutdownPipelineOperation>();
  CHECK(p.loop().pending_timers() == 0);
  p.advance(1h);
  CHECK(sas.signer->calls == 2);
}

}  // namespace
}  // namespace azure::iot::device
