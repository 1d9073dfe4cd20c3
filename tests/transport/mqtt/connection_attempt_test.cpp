#include "transport/mqtt/connection_attempt.hpp"

#include <doctest/doctest.h>

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

const SteadyTime kStart{1000s};
const Error kRefused(Errc::connection_failed, "refused");

}  // namespace

TEST_CASE("ConnectionAttempt: an address that is taken has an equal share of what is left") {
  ConnectionAttempt attempt("secret", kStart + 30s);
  attempt.set_addresses({"::1", "127.0.0.1", "127.0.0.2"});
  attempt.remove({1});
  CHECK(attempt.left() == std::vector<std::string>{"::1", "127.0.0.2"});
  CHECK(attempt.end_of_share(kStart) == kStart + 10s);
  CHECK(attempt.try_next_after(kRefused));
  attempt.remove({0});
  CHECK(attempt.end_of_share(kStart + 2s) == kStart + 16s);
  CHECK(attempt.try_next_after(kRefused));
  attempt.remove({0});
  CHECK(attempt.end_of_share(kStart + 16s) == kStart + 30s);
  CHECK_FALSE(attempt.try_next_after(kRefused));
}

TEST_CASE("ConnectionAttempt: those that were tried together are removed together") {
  ConnectionAttempt attempt({}, kStart + 30s);
  attempt.set_addresses({"a", "b", "c", "d"});
  attempt.remove({0, 3, 1});
  CHECK(attempt.left() == std::vector<std::string>{"c"});
  attempt.remove({});
  CHECK(attempt.has_next());
}

TEST_CASE("ConnectionAttempt: a refused credential is not tried at the next address") {
  ConnectionAttempt attempt("secret", kStart + 30s);
  attempt.set_addresses({"::1", "127.0.0.1"});
  attempt.remove({0});
  CHECK_FALSE(attempt.try_next_after(Error(Errc::unauthorized, "who are you")));
  CHECK(attempt.summary().code() == Errc::unauthorized);
}

TEST_CASE("ConnectionAttempt: the failure of every address is told") {
  ConnectionAttempt attempt({}, kStart + 30s);
  CHECK(attempt.password() == nullptr);
  attempt.set_addresses({"::1", "127.0.0.1"});
  attempt.remove({0});
  attempt.try_next_after(Error(Errc::connection_failed, "::1 refused"));
  attempt.remove({0});
  attempt.try_next_after(Error(Errc::connection_failed, "127.0.0.1 silent"));
  CHECK(attempt.summary().detail() == "::1 refused; 127.0.0.1 silent");
}

TEST_CASE("ConnectionAttempt: a connection that was dropped is tried at the next address, too") {
  ConnectionAttempt attempt({}, kStart + 30s);
  attempt.set_addresses({"::1", "127.0.0.1"});
  attempt.remove({0});
  CHECK(attempt.try_next_after(Error(Errc::connection_dropped, "hung up")));
  for (const Errc code : {Errc::tls_exchange_auth, Errc::protocol_client, Errc::unauthorized}) {
    CHECK_FALSE(attempt.try_next_after(Error(code, "no")));
  }
}

TEST_CASE("ConnectionAttempt: one failure is told as it was, and a refusal without the others") {
  ConnectionAttempt attempt({}, kStart + 30s);
  attempt.set_addresses({"a", "b", "c"});
  attempt.remove({0});
  attempt.try_next_after(Error(Errc::connection_failed, "a silent", Errc::timed_out));
  CHECK(attempt.summary().detail() == "a silent");
  CHECK(attempt.summary().cause().code() == Errc::timed_out);
  attempt.remove({0});
  attempt.try_next_after(Error(Errc::connection_dropped, "b hung up"));
  CHECK(attempt.summary().code() == Errc::connection_dropped);
  CHECK(attempt.summary().detail() == "a silent; b hung up");
  attempt.remove({0});
  attempt.try_next_after(Error(Errc::unauthorized, "c refused"));
  CHECK(attempt.summary().detail() == "c refused");
}

TEST_CASE("ConnectionAttempt: without a deadline no address is given up, and new ones begin anew") {
  ConnectionAttempt attempt("secret", kNever);
  CHECK(std::string(attempt.password()) == "secret");
  CHECK(attempt.deadline() == kNever);
  CHECK_FALSE(attempt.has_next());
  attempt.set_addresses({"a", "b"});
  attempt.remove({0});
  CHECK(attempt.end_of_share(kStart) == kNever);
  attempt.set_addresses({"c"});
  CHECK(attempt.left() == std::vector<std::string>{"c"});
}
