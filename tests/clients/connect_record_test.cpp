#include "clients/detail/connect_record.hpp"

#include <doctest/doctest.h>

#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {

const Error kFailed(Errc::connection_failed);

struct Record {
  explicit Record(int limit) : record(limit, [] { return 0.5; }) {
    record.set_pace({.policy = nullptr, .interval = 10s});
  }
  void fail(Duration after, bool spaced) { record.note(kFailed, spaced, now += after); }

  SteadyTime now{};
  detail::ConnectRecord record;
};

TEST_CASE("ConnectRecord: as many failures of a policy as the limit mean that the hub is gone") {
  Record r(3);
  r.fail(0s, true);
  r.fail(1ns, true);
  CHECK_FALSE(r.record.hub_is_gone());
  r.fail(1ns, true);
  CHECK(r.record.hub_is_gone());
  CHECK_FALSE(r.record.refused());
  r.record.clear();
  CHECK_FALSE(r.record.hub_is_gone());
}

TEST_CASE("ConnectRecord: a failure of a call counts once the pause since the last has passed") {
  Record r(2);
  r.fail(0s, false);
  r.fail(10s - 1ns, false);
  CHECK_FALSE(r.record.hub_is_gone());
  r.fail(1ns, false);
  CHECK(r.record.hub_is_gone());
}

TEST_CASE("ConnectRecord: a success and a new registration let the next failure count at once") {
  for (const bool success : {true, false}) {
    Record r(2);
    r.fail(0s, false);
    if (success) r.record.note({}, false, r.now);
    if (!success) r.record.clear();
    r.fail(1s, false);
    CHECK_FALSE(r.record.hub_is_gone());
    r.fail(10s, false);
    CHECK(r.record.hub_is_gone());
  }
}

TEST_CASE("ConnectRecord: a refusal counts at once, until another attempt ends otherwise") {
  Record r(5);
  r.fail(0s, false);
  r.record.note(Error(Errc::unauthorized), false, r.now);
  CHECK(r.record.refused());
  CHECK(r.record.hub_is_gone());
  r.record.note(Error(Errc::operation_cancelled), true, r.now);
  CHECK(r.record.refused());
  r.fail(0s, false);
  CHECK_FALSE(r.record.hub_is_gone());
}

TEST_CASE("ConnectRecord: a cancelled attempt counts nothing") {
  Record r(1);
  r.record.note(Error(Errc::operation_cancelled), true, r.now);
  CHECK_FALSE(r.record.hub_is_gone());
}

TEST_CASE("ConnectRecord: a policy that gives up or throws leaves the interval") {
  struct Odd final : RetryPolicy {
    explicit Odd(bool throws_) : throws(throws_) {}
    std::optional<Duration> next_pause(const Failure&) const override {
      if (throws) throw std::runtime_error("odd");
      return std::nullopt;
    }
    bool throws;
  };
  for (const bool throws : {true, false}) {
    Record r(2);
    r.record.set_pace({.policy = std::make_shared<Odd>(throws), .interval = 10s});
    r.fail(0s, false);
    r.fail(10s - 1ns, false);
    CHECK_FALSE(r.record.hub_is_gone());
    r.fail(1ns, false);
    CHECK(r.record.hub_is_gone());
  }
}

}  // namespace
}  // namespace azure::iot::device::test
