#include "clients/detail/completion.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"

namespace azure::iot::device::detail {
namespace {

struct Noted {
  Completion<void> completion() {
    return Completion<void>([this](const Error& error) { seen.push_back(error.code()); });
  }
  std::vector<Errc> seen;
};

TEST_CASE("Completion: it is told once how the call ended") {
  Noted noted;
  auto completion = noted.completion();
  completion(Error(Errc::timed_out));
  CHECK(noted.seen == std::vector{Errc::timed_out});
}

TEST_CASE("Completion: one that is dropped ends its call as abandoned, whoever had it last") {
  Noted noted;
  { auto completion = noted.completion(); }
  CHECK(noted.seen == std::vector{Errc::abandoned});
  {
    auto first = noted.completion();
    const auto second = std::move(first);
  }
  CHECK(noted.seen.size() == 2);
  {
    auto first = noted.completion();
    first = noted.completion();
    CHECK(noted.seen.size() == 3);
  }
  CHECK(noted.seen.size() == 4);
}

TEST_CASE("Completion: what its function holds goes with the call") {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = held;
  std::optional<int> result;
  Completion<int> completion(
      [held = std::move(held), &result](Result<int> outcome) { result = *outcome; });
  completion(7);
  CHECK(result == 7);
  CHECK(alive.expired());
}

TEST_CASE("Completion: a caller that waits by itself is completed, and not destroyed") {
  struct Caller final : Completion<std::string>::Target {
    void complete(Outcome<std::string> outcome) noexcept override { ended = std::move(outcome); }
    std::optional<Outcome<std::string>> ended;
  };
  Caller caller;
  { Completion<std::string> completion(caller); }
  REQUIRE(caller.ended);
  CHECK(caller.ended->error().code() == Errc::abandoned);
  CHECK(caller.ended->error().detail() == "the call was dropped");
}

}  // namespace
}  // namespace azure::iot::device::detail
