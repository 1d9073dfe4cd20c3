#include "transport/name_lookup.hpp"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device {
namespace {

// Answers on request, from any thread.
struct PatientResolver : Resolver {
  void resolve(const std::string& host, Done done) override {
    asked.push_back(host);
    waiting.push_back(std::move(done));
  }
  void answer(const Answer& answer) {
    for (const Done& done : std::exchange(waiting, {})) done(answer);
  }
  std::vector<std::string> asked;
  std::vector<Done> waiting;
};

using Addresses = std::vector<std::string>;

struct Asking {
  explicit Asking(const std::string& host)
      : lookup(std::in_place, loop, resolver, host, [this](Resolver::Answer answer) {
          ++answers;
          found = std::move(answer);
          if (reset_inside) lookup.reset();
        }) {}

  ManualLoop loop;
  PatientResolver resolver;
  int answers = 0;
  bool reset_inside = false;
  Resolver::Answer found = Error(Errc::abandoned);
  std::optional<NameLookup> lookup;
};

}  // namespace

TEST_CASE("NameLookup: the answer comes in another piece of work, once") {
  Asking asking("hub.example");
  CHECK(asking.resolver.asked == Addresses{"hub.example"});
  asking.resolver.answer(Addresses{"192.0.2.1", "192.0.2.2"});
  CHECK(asking.answers == 0);
  asking.loop.run_posted();
  CHECK(asking.answers == 1);
  REQUIRE(asking.found);
  CHECK(*asking.found == Addresses{"192.0.2.1", "192.0.2.2"});
}

TEST_CASE("NameLookup: an error is an answer too") {
  Asking asking("hub.example");
  asking.resolver.answer(Error(Errc::connection_failed, "no such name"));
  asking.loop.run_posted();
  CHECK(asking.answers == 1);
  CHECK(asking.found.error().detail() == "no such name");
}

TEST_CASE("NameLookup: an address is its own answer, and nobody is asked") {
  for (const char* address : {"127.0.0.1", "::1", "2001:db8::1"}) {
    Asking asking(address);
    CHECK(asking.resolver.asked.empty());
    CHECK(asking.answers == 0);
    asking.loop.run_posted();
    REQUIRE(asking.answers == 1);
    CHECK(*asking.found == Addresses{address});
  }
}

TEST_CASE("NameLookup: once it is gone nothing is told, whether the answer is on its way or not") {
  Asking before("hub.example");
  before.lookup.reset();
  before.resolver.answer(Addresses{"192.0.2.1"});
  before.loop.run_posted();
  CHECK(before.answers == 0);

  Asking on_its_way("hub.example");
  on_its_way.resolver.answer(Addresses{"192.0.2.1"});
  on_its_way.lookup.reset();
  on_its_way.loop.run_posted();
  CHECK(on_its_way.answers == 0);
}

TEST_CASE("NameLookup: it may be destroyed by whoever is told") {
  Asking asking("hub.example");
  asking.reset_inside = true;
  asking.resolver.answer(Addresses{"192.0.2.1"});
  asking.loop.run_posted();
  CHECK(asking.answers == 1);
  CHECK_FALSE(asking.lookup);
}

TEST_CASE("NameLookup: an answer that comes when lookup and loop are gone harms nobody") {
  PatientResolver resolver;
  {
    ManualLoop loop;
    const NameLookup lookup(loop, resolver, "hub.example", [](Resolver::Answer) { FAIL("told"); });
  }
  std::thread([&] { resolver.answer(Addresses{"192.0.2.1"}); }).join();
  CHECK(resolver.waiting.empty());
}

TEST_CASE("NameLookup: what the answer was to be given to goes with the lookup") {
  const auto held = std::make_shared<int>(1);
  Asking asking("hub.example");
  asking.lookup.emplace(asking.loop, asking.resolver, "other.example", [held](Resolver::Answer) {});
  CHECK(held.use_count() == 2);
  asking.lookup.reset();
  CHECK(held.use_count() == 1);
}

}  // namespace azure::iot::device
