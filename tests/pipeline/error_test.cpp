#include "pipeline/error.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

// Every code that has a name.
std::vector<Errc> all_codes() {
  std::vector<Errc> codes;
  for (int code = 0; to_string(static_cast<Errc>(code)) != "unknown"; ++code) {
    codes.push_back(static_cast<Errc>(code));
  }
  return codes;
}

TEST_CASE("Error: the default is no error, and says nothing") {
  const Error none;
  CHECK_FALSE(none);
  CHECK(none.code() == Errc::ok);
  CHECK(none.detail().empty());
  CHECK_FALSE(none.cause());
  CHECK(none.service_status() == 0);
  CHECK(none.describe() == "ok");
}

TEST_CASE("Error: tells code, detail and every cause in one line") {
  const Error refused(Errc::unauthorized, "CONNACK 5");
  const Error failed(Errc::connection_failed, "no connection to the hub", refused);
  const Error whole(Errc::sas_token, "the token was not renewed", failed);
  CHECK(whole);
  CHECK(whole.cause().cause().code() == Errc::unauthorized);
  CHECK_FALSE(whole.cause().cause().cause());
  CHECK(whole.describe() ==
        "sas_token: the token was not renewed (because of connection_failed: no connection to the "
        "hub (because of unauthorized: CONNACK 5))");
}

TEST_CASE("Error: a status of the service goes beside what the error said already") {
  const Error plain(Errc::service, "twin operation returned status 429", Errc::timed_out);
  const Error with_status = plain.with_service_status(429);
  CHECK(with_status.service_status() == 429);
  CHECK(with_status.detail() == plain.detail());
  CHECK(with_status.cause().code() == Errc::timed_out);
  CHECK(plain.service_status() == 0);
}

TEST_CASE("Error: outlives the one it was copied from") {
  Error copy;
  {
    const Error original(Errc::timed_out, "detail", Errc::connection_dropped);
    copy = original;
  }
  CHECK(copy.detail() == "detail");
  CHECK(copy.cause().code() == Errc::connection_dropped);
}

TEST_CASE("Error: each code has a name of its own") {
  std::set<std::string_view> names;
  for (const Errc code : all_codes()) names.insert(to_string(code));
  CHECK(names.size() == all_codes().size());
  CHECK(names.contains("ok"));
  CHECK(names.contains("user_stage"));
}

TEST_CASE("Error: only a fault of the link is worth another attempt") {
  const std::set<Errc> transient = {Errc::operation_cancelled, Errc::timed_out,
                                    Errc::operation_error,     Errc::connection_failed,
                                    Errc::connection_dropped,  Errc::tls_exchange_auth};
  for (const Errc code : all_codes()) {
    CAPTURE(std::string(to_string(code)));
    CHECK(is_transient(code) == transient.contains(code));
  }
  // Only the error itself counts, and not its cause.
  CHECK_FALSE(is_transient(Error(Errc::unauthorized, "", Errc::connection_failed)));
}

}  // namespace
}  // namespace azure::iot::device
