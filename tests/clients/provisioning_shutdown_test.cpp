// Shutdown of a provisioning client, with every kind of waiting call.
#include <functional>
#include <map>

#include <doctest/doctest.h>

#include "tests/clients/provisioning_service.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const ServiceAnswer kBusy{429, "{}", "3600"};

struct Waiting : ProvisioningService {
  // Runs once the registration has started.
  std::function<void()> then = [] {};
};

// The waits of a registration.
const std::map<std::string, std::function<void(Waiting&)>> kWaits{
    {"the connection", [](Waiting& s) { s.transport.script({stall}); }},
    {"the connection again",
     [](Waiting& s) {
       s.answers = {assigning()};
       s.transport.script({accept, refuse});
       s.then = [&s] {
         s.transport.drop();
         s.advance(1s);
       };
     }},
    {"the answers to be enabled", [](Waiting& s) { s.transport.script_acks({stall}); }},
    {"its request to be taken",
     [](Waiting& s) {
       s.transport.script_acks({accept, stall});
     }},
    {"the answer", [](Waiting& s) { s.answers = {kSilence}; }},
    {"a service that is busy", [](Waiting& s) { s.answers = {kBusy}; }},
    {"the first question", [](Waiting& s) { s.answers = {assigning()}; }},
    {"the answer to a question",
     [](Waiting& s) {
       s.answers = {assigning(), kSilence};
       s.then = [&s] { s.advance(3s); };
     }},
    {"a service that is busy with a question",
     [](Waiting& s) {
       s.answers = {assigning(), kBusy};
       s.then = [&s] { s.advance(3s); };
     }},
    {"a server that takes a disconnect in silence",
     [](Waiting& s) { s.transport.silent_disconnect = true; }},
};

TEST_CASE("Provisioning: shutdown ends a registration whatever it waits for, and only once") {
  for (const auto& entry : kWaits) {
    CAPTURE(entry.first);
    Waiting service;
    entry.second(service);
    const auto call = service.begin(24h);
    service.then();
    CHECK_FALSE(call.done());
    Call<void> shutdown;
    service.core->start_shutdown(shutdown.completion());
    service.advance(detail::ClientCore::kShutdownLimit);
    CHECK(call.error().code() == Errc::operation_cancelled);
    CHECK(shutdown.succeeded());
    CHECK(service.begin().error().code() == Errc::pipeline_not_running);
    CHECK(service.loop->pending_timers() == 0);
    const std::size_t packets = service.transport.packets().size();
    const std::size_t dials = service.transport.dials();
    service.transport.release();
    service.advance(24h);
    CHECK(service.transport.packets().size() == packets);
    CHECK(service.transport.dials() == dials);
  }
}

TEST_CASE(
    "Provisioning: a registration ends at its timeout, whatever it waits for, and not before") {
  for (const auto& entry : kWaits) {
    CAPTURE(entry.first);
    Waiting service;
    entry.second(service);
    const auto call = service.begin(20s);
    const auto begun = service.loop->now();
    service.then();
    service.advance(begun + 20s - 1ms - service.loop->now());
    CHECK_FALSE(call.done());
    service.advance(1ms);
    CHECK(call.error().code() == Errc::timed_out);
    // An attempt to connect continues, and the next registration would share its end.
    service.advance(1min);
    service.transport.otherwise = accept;
    service.answers = {assigned_to("hub1")};
    const auto next = service.begin();
    service.advance(1min);
    CHECK(next.succeeded());
  }
}

TEST_CASE("Provisioning: an end that another call has begun is waited for by all that end it") {
  ProvisioningService service;
  const auto call = service.begin();
  service.transport.silent_disconnect = true;
  Call<void> shutdown;
  Call<void> end;
  service.core->start_shutdown(shutdown.completion());
  service.core->start_end({}, end.completion());
  service.advance(detail::ClientCore::kDisconnectLimit - 1ms);
  CHECK_FALSE(shutdown.done());
  CHECK_FALSE(end.done());
  service.advance(1ms);
  CHECK(shutdown.succeeded());
  CHECK(end.succeeded());
  Call<void> late;
  service.core->start_end({}, late.completion());
  CHECK(late.succeeded());
}

}  // namespace
}  // namespace azure::iot::device::test
