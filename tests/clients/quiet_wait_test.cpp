#include "clients/detail/quiet_wait.hpp"

#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/loop/manual_loop.hpp"

namespace azure::iot::device::detail {
namespace {
using namespace std::chrono_literals;

struct Fixture {
  std::shared_ptr<QuietWait> start(SteadyTime deadline) {
    auto wait = std::make_shared<QuietWait>(loop, [this](bool quiet) { told.push_back(quiet); });
    wait->start(deadline);
    loop->run_posted();
    return wait;
  }

  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::vector<bool> told;
};

TEST_CASE_FIXTURE(Fixture, "QuietWait: it ends when the handlers are quiet, once") {
  const auto wait = start(loop->now() + 1s);
  wait->quiet();
  CHECK(told.empty());  // On the loop, not on the handler's thread.
  loop->run_posted();
  CHECK(told == std::vector{true});
  CHECK(loop->pending_timers() == 0);
  wait->quiet();
  wait->give_up();
  loop->advance(1h);
  CHECK(told == std::vector{true});
}

TEST_CASE_FIXTURE(Fixture, "QuietWait: it ends at its deadline, not before and not twice") {
  const auto wait = start(loop->now() + 1s);
  loop->advance(1s - 1ns);
  CHECK(told.empty());
  loop->advance(1ns);
  CHECK(told == std::vector{false});
  wait->quiet();
  loop->run_posted();
  CHECK(told.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "QuietWait: without a deadline no timer runs") {
  const auto wait = start(kNever);
  CHECK(loop->pending_timers() == 0);
  wait->quiet();
  loop->run_posted();
  CHECK(told == std::vector{true});
}

TEST_CASE_FIXTURE(Fixture, "QuietWait: given up, it ends at once and stops its timer") {
  const auto wait = start(loop->now() + 1s);
  wait->give_up();
  CHECK(told == std::vector{false});
  CHECK(loop->pending_timers() == 0);
}

TEST_CASE_FIXTURE(Fixture, "QuietWait: until its end it keeps itself, and not longer") {
  std::weak_ptr<QuietWait> wait = start(loop->now() + 1s);
  CHECK_FALSE(wait.expired());
  loop->advance(1s);
  CHECK(told == std::vector{false});
  CHECK(wait.expired());
}

}  // namespace
}  // namespace azure::iot::device::detail
