#include "pipeline/stages/sas_token_stage.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/stages/sas_pipeline.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;

TEST_CASE(
    "SasToken: the token is renewed 120 s before it expires, and the link reauthorized with it") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.advance(3480s - 1ns);
  CHECK(sas.signer->calls == 1);
  p.advance(1ns);
  CHECK(sas.signer->calls == 2);
  CHECK(p.transport.dials() == 2);
  CHECK(p.transport.passwords()[1] == sas.token->text());
  CHECK(p.transport.passwords()[1] != p.transport.passwords()[0]);
  CHECK(p.nucleus().connected());
  p.advance(3480s);  // And so on.
  CHECK(sas.signer->calls == 3);
  CHECK(p.transport.dials() == 3);
}

TEST_CASE("SasToken: while disconnected the token is renewed, and nothing dialled") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.advance(3480s);
  CHECK(sas.signer->calls == 2);
  CHECK(p.transport.dials() == 0);
  p.run<ConnectOperation>();
  CHECK(p.transport.passwords()[0] == sas.token->text());
}

TEST_CASE("SasToken: a token that lives shortly is renewed at half its life, not in a storm") {
  Renewable sas(100s);
  SasPipeline p{sas.config()};
  p.advance(50s - 1ns);
  CHECK(sas.signer->calls == 1);
  p.advance(1ns);
  CHECK(sas.signer->calls == 2);
  p.advance(50s - 1ns);
  CHECK(sas.signer->calls == 2);
  p.advance(1ns);
  CHECK(sas.signer->calls == 3);
}

TEST_CASE("SasToken: a reauthorization does not put the renewal of its token off") {
  Renewable sas(200s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.advance(60s);
  p.run<ReauthorizeConnectionOperation>();
  p.advance(40s - 1ns);
  CHECK(sas.signer->calls == 1);
  p.advance(1ns);  // Half of its lifetime has passed.
  CHECK(sas.signer->calls == 2);
}

TEST_CASE("SasToken: however short a token lives, it is renewed no more than once a second") {
  for (const auto ttl : {0s, 1s, 2s}) {
    CAPTURE(ttl.count());
    Renewable sas(ttl);
    SasPipeline p{sas.config()};
    for (int i = 0; i < 1000; ++i) p.advance(10ms);
    CHECK(sas.signer->calls <= 12);
    CHECK(sas.signer->calls >= 5);
  }
}

TEST_CASE("SasToken: a life of just twice the margin is renewed at the margin") {
  Renewable sas(240s);
  SasPipeline p{sas.config()};
  p.advance(120s - 1ns);
  CHECK(sas.signer->calls == 1);
  p.advance(1ns);
  CHECK(sas.signer->calls == 2);
}

TEST_CASE(
    "SasToken: a token that has lived for long when the chain begins is renewed at the margin") {
  Renewable sas(3600s);
  REQUIRE_FALSE(sas.token->refresh(ManualLoop().wall_now() - 3400s));
  SasPipeline p{sas.config()};
  const int before = sas.signer->calls;
  p.advance(80s - 1ns);
  CHECK(sas.signer->calls == before);
  p.advance(1ns);
  CHECK(sas.signer->calls == before + 1);
  p.advance(3480s);
  CHECK(sas.signer->calls == before + 2);
}

TEST_CASE("SasToken: a token for longer than clocks can count is simply never renewed") {
  Renewable sas(std::chrono::seconds::max());
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.advance(24h * 365 * 100);
  CHECK(sas.signer->calls == 1);
  CHECK(p.nucleus().connected());
}

TEST_CASE("SasToken: a wall clock that jumps past the renewal renews at once") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.loop().jump_wall_clock(3000s);
  p.advance(480s - 1ns);
  CHECK(sas.signer->calls == 1);
  p.loop().jump_wall_clock(3h);
  p.advance(0s);
  CHECK(sas.signer->calls == 2);
  CHECK(p.transport.dials() == 2);
}

TEST_CASE("SasToken: a wall clock that jumps back puts the renewal off") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.loop().jump_wall_clock(-1000s);
  p.advance(4480s - 1ns);
  CHECK(sas.signer->calls == 1);
  p.advance(1ns);
  CHECK(sas.signer->calls == 2);
}

TEST_CASE("SasToken: without a token there is nothing to do") {
  SasPipeline p{{.x509 = X509{"certificate", "key", ""}}};
  p.run<ConnectOperation>();
  CHECK(p.run<ReauthorizeConnectionOperation>().succeeded());
  CHECK(p.loop().pending_timers() == 0);
}

TEST_CASE("SasToken: a reauthorization that fails is reported, and tried again every interval") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.transport.script({refuse, refuse});
  p.advance(3480s);
  CHECK(p.transport.dials() == 2);
  CHECK(p.events.background_errors.size() == 1);
  p.advance(10s - 1ns);
  CHECK(p.transport.dials() == 2);
  p.advance(1ns);
  CHECK(p.transport.dials() == 3);  // Refused again.
  p.advance(10s);
  CHECK(p.nucleus().connected());
  p.advance(1000s);
  CHECK(p.transport.dials() == 4);
}

TEST_CASE("SasToken: a renewal meanwhile does not keep the link of a reauthorization down") {
  Renewable sas(100s);
  PipelineConfig config = sas.config();
  config.connection_retry_interval = 30s;
  SasPipeline p{config};
  p.run<ConnectOperation>();
  p.transport.script({refuse, refuse});
  p.advance(110s - 1ns);  // Reauthorized at 50 s and at 80 s, renewed again at 100 s.
  CHECK(sas.signer->calls == 3);
  CHECK(p.transport.dials() == 3);
  CHECK_FALSE(p.nucleus().connected());
  p.advance(1ns);
  CHECK(p.transport.dials() == 4);
  CHECK(p.transport.passwords().back() == sas.token->text());
  CHECK(p.nucleus().connected());
  p.advance(40s - 1ns);  // Until the next renewal nothing is left to try.
  CHECK(p.transport.dials() == 4);
}

TEST_CASE("SasToken: where redialling is off, a reauthorization that fails is not tried again") {
  Renewable sas(3600s);
  PipelineConfig config = sas.config();
  config.connection_retry = false;
  SasPipeline p{std::move(config)};
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.advance(3480s + 1000s);
  CHECK(p.transport.dials() == 2);
  CHECK(p.state() == ConnectionState::disconnected);
}

TEST_CASE("SasToken: a reauthorization is not tried again once the user has disconnected") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.advance(3480s);
  p.run<DisconnectOperation>();
  p.advance(1000s);
  CHECK(p.transport.dials() == 2);
}

TEST_CASE("SasToken: nor if he did so while it was under way") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.transport.script({stall});
  p.advance(3480s);
  auto disconnect = p.run<DisconnectOperation>();
  CHECK_FALSE(disconnect.completed());
  p.advance(60s);  // The reauthorization fails.
  CHECK(disconnect.succeeded());
  p.advance(1000s);
  CHECK(p.transport.dials() == 2);
  CHECK(p.state() == ConnectionState::disconnected);
}

TEST_CASE("SasToken: a connection of the user's makes another reauthorization needless") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.advance(3480s);
  p.run<ConnectOperation>();
  p.advance(1000s);
  CHECK(p.transport.dials() == 3);
  CHECK(p.nucleus().connected());
}

TEST_CASE("SasToken: shutdown stops the renewal, and whatever was to be tried again") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.transport.script({refuse});
  p.advance(3480s);
  CHECK(p.loop().pending_timers() == 2);
  p.run<ShutdownPipelineOperation>();
  CHECK(p.loop().pending_timers() == 0);
  p.advance(24h);
  CHECK(p.transport.dials() == 2);
  CHECK(sas.signer->calls == 2);
}

TEST_CASE("SasToken: shutdown during a reauthorization ends it for good") {
  Renewable sas(3600s);
  SasPipeline p{sas.config()};
  p.run<ConnectOperation>();
  p.transport.script({stall});
  p.advance(3480s);
  CHECK(p.state() == ConnectionState::reauthorizing);
  p.run<ShutdownPipelineOperation>();
  p.advance(1h);
  CHECK(p.transport.dials() == 2);
  CHECK(p.events.background_errors.empty());
}

}  // namespace
}  // namespace azure::iot::device
