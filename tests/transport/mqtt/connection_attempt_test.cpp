#include "transport/mqtt/connection_attempt.hpp"

#include <doctest/doctest.h>

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

const SteadyTime kStart{1000s};
const Error kRefused(Errc::connection_failed, "refused");

}  // namespace

TEST_CASE("ConnectionAttempt: each address has an equal share of what is left") {
  ConnectionAttempt attempt("secret", kStart + 30s);
  attempt.set_addresses({"::1", "127.0.0.1", "127.0.0.2"});
  SteadyTime until;
  CHECK(attempt.next(kStart, until) == "::1");
  CHECK(until == kStart + 10s);
  CHECK(attempt.try_next_after(kRefused));
  CHECK(attempt.next(kStart + 2s, until) == "127.0.0.1");
  CHECK(until == kStart + 16s);
  CHECK(attempt.try_next_after(kRefused));
  CHECK(attempt.next(kStart + 16s, until) == "127.0.0.2");
  CHECK(until == kStart + 30s);
  CHECK_FALSE(attempt.try_next_after(kRefused));
}

TEST_CASE("ConnectionAttempt: a refused credential is not tried at the next address") {
  ConnectionAttempt attempt("secret", kStart + 30s);
  attempt.set_addresses({"::1", "127.0.0.1"});
  SteadyTime until;
  attempt.next(kStart, until);
  CHECK_FALSE(attempt.try_next_after(Error(Errc::unauthorized, "who are you")));
  CHECK(attempt.summary().code() == Errc::unauthorized);
}

TEST_CASE("ConnectionAttempt: the failure of every address is told") {
  ConnectionAttempt attempt({}, kStart + 30s);
  CHECK(attempt.password() == nullptr);
  attempt.set_addresses({"::1", "127.0.0.1"});
  SteadyTime until;
  attempt.next(kStart, until);
  attempt.try_next_after(Error(Errc::connection_failed, "::1 refused"));
  attempt.next(kStart, until);
  attempt.try_next_after(Error(Errc::connection_failed, "127.0.0.1 silent"));
  CHECK(attempt.summary().detail() == "::1 refused; 127.0.0.1 silent");
}
