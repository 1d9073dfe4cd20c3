#include "clients/detail/resubscription.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/pipeline.hpp"

namespace azure::iot::device::detail {
namespace {
using namespace std::chrono_literals;

// A chain that keeps each attempt until the test answers it.
class KeepsAttempts final : public Stage {
 public:
  explicit KeepsAttempts(std::vector<OpPtr>& attempts) : attempts_(attempts) {}
  std::string_view name() const override { return "KeepsAttempts"; }

 private:
  void run_op(OpPtr op) override { attempts_.push_back(std::move(op)); }
  std::vector<OpPtr>& attempts_;
};

struct Fixture {
  Fixture() { pipeline->append(std::make_unique<KeepsAttempts>(attempts)); }
  ~Fixture() {
    attempts.clear();
    pipeline->close(Errc::pipeline_not_running);
  }

  void link_up(SteadyTime until = kNever) {
    again.begin(*pipeline, "feature", until, [this](const Error& error) { ends.push_back(error); });
  }
  void lose_links(int count) {
    for (int i = 0; i < count; ++i) {
      link_up();
      again.on_link_down(true, loop->now());
    }
  }
  void answer(Error error = {}) { complete(std::move(attempts.back()), std::move(error)); }
  // The time between the connection and the first attempt.
  Duration pause_of_next_link() {
    const std::size_t before = attempts.size();
    const SteadyTime start = loop->now();
    link_up();
    while (attempts.size() == before && loop->now() - start < 1h) loop->advance(1s);
    return attempts.size() == before ? 1h : loop->now() - start;
  }

  std::vector<OpPtr> attempts;
  std::vector<Error> ends;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::shared_ptr<Pipeline> pipeline =
      std::make_shared<Pipeline>(loop, PipelineConfig{}, [](const Event&) {});
  Resubscription again;
};

TEST_CASE(
    "Resubscription: after ten links in a row it pauses, twice as long each time up to 8 min") {
  struct Case {
    int lost;
    Duration pause;
  };
  for (const Case& c : {Case{0, 0s}, Case{1, 0s}, Case{9, 0s}, Case{10, 1min}, Case{11, 2min},
                        Case{12, 4min}, Case{13, 8min}, Case{14, 8min}, Case{1000, 8min}}) {
    CAPTURE(c.lost);
    Fixture f;
    f.lose_links(c.lost);
    CHECK(f.pause_of_next_link() == c.pause);
  }
}

TEST_CASE(
    "Resubscription: a link that held for ten seconds, and a success, begin the count again") {
  for (const Duration held : {10s - 1ns, Duration(10s)}) {
    Fixture f;
    f.lose_links(10);
    f.link_up();
    f.loop->advance(held);
    f.again.on_link_down(true, f.loop->now());
    CHECK(f.pause_of_next_link() == (held < 10s ? Duration(2min) : Duration(0)));
  }
  Fixture f;
  f.lose_links(10);
  f.link_up();
  f.loop->advance(1min);
  f.answer();
  f.lose_links(9);
  CHECK(f.pause_of_next_link() == 0s);
}

TEST_CASE("Resubscription: a loss for which it is not to blame leaves the count as it is") {
  Fixture f;
  f.lose_links(10);
  for (int i = 0; i < 5; ++i) {
    f.link_up();
    f.again.on_link_down(false, f.loop->now());
  }
  CHECK(f.pause_of_next_link() == 1min);
}

TEST_CASE("Resubscription: an attempt has ten seconds, or what is left, and is made every 20 s") {
  Fixture f;
  f.link_up(f.loop->now() + 25s);
  REQUIRE(f.attempts.size() == 1);
  CHECK(f.again.under_way());
  CHECK(f.attempts.back()->deadline == f.loop->now() + 10s);
  f.answer(Errc::timed_out);
  CHECK_FALSE(f.again.under_way());
  f.loop->advance(20s - 1ns);
  CHECK(f.attempts.size() == 1);
  f.loop->advance(1ns);
  REQUIRE(f.attempts.size() == 2);
  CHECK(f.attempts.back()->deadline == f.loop->now() + 5s);
  CHECK(f.ends.empty());
  f.answer(Errc::timed_out);
  f.loop->advance(20s);  // The time has passed by then.
  CHECK(f.attempts.size() == 2);
  REQUIRE(f.ends.size() == 1);
  CHECK(f.ends[0].code() == Errc::timed_out);
}

TEST_CASE(
    "Resubscription: it ends with a success, another error, or an attempt at its last moment") {
  for (const Errc code : {Errc::ok, Errc::unauthorized, Errc::timed_out}) {
    CAPTURE(std::string(to_string(code)));
    Fixture f;
    f.link_up(f.loop->now() + 10s);
    f.loop->advance(10s);
    f.answer(code);
    REQUIRE(f.ends.size() == 1);
    CHECK(f.ends[0].code() == code);
    f.loop->advance(1h);
    CHECK(f.attempts.size() == 1);
    CHECK(f.ends.size() == 1);
  }
}

TEST_CASE("Resubscription: an answer of an earlier link, or after it was cancelled, is ignored") {
  for (const bool cancelled : {false, true}) {
    CAPTURE(cancelled);
    Fixture f;
    f.link_up();
    if (cancelled) {
      f.again.cancel();
      CHECK_FALSE(f.again.under_way());
    } else {
      f.again.on_link_down(true, f.loop->now());
      f.link_up();
    }
    complete(std::move(f.attempts.front()), Errc::unauthorized);
    CHECK(f.ends.empty());
    CHECK(f.again.under_way() != cancelled);
    if (!cancelled) f.answer();
    CHECK(f.ends.size() == (cancelled ? 0 : 1));
  }
}

}  // namespace
}  // namespace azure::iot::device::detail
