#include "transport/mqtt/operation_manager.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using azure::iot::device::OperationManager;
using azure::iot::device::OpKey;
using Kind = OperationManager::Kind;

namespace {

OpKey key(std::uint32_t index) { return {index, 1}; }

bool all_wait(OpKey) { return true; }

std::vector<std::uint32_t> indices(const std::vector<OpKey>& keys) {
  std::vector<std::uint32_t> result;
  for (const OpKey k : keys) result.push_back(k.index);
  return result;
}

using Indices = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("OperationManager: an acknowledgement finds its operation once") {
  OperationManager operations(8);
  operations.establish(Kind::publish, 1, key(10));
  operations.establish(Kind::publish, 2, key(20));
  CHECK(operations.complete(Kind::publish, 2) == key(20));
  CHECK(operations.complete(Kind::publish, 2) == OpKey{});
  CHECK(operations.complete(Kind::publish, 1) == key(10));
  CHECK(operations.publishes_in_flight() == 0);
}

TEST_CASE("OperationManager: a SUBACK does not answer a publish of the same identifier") {
  OperationManager operations(8);
  operations.establish(Kind::publish, 7, key(1));
  CHECK(operations.complete(Kind::subscribe, 7) == OpKey{});
  CHECK(operations.complete(Kind::publish, 7) == key(1));
}

TEST_CASE("OperationManager: beyond the window publishes wait, first come first sent") {
  OperationManager operations(1);
  CHECK(operations.may_send());
  operations.establish(Kind::publish, 1, key(1));
  CHECK_FALSE(operations.may_send());
  operations.queue_publish(key(2), "a", "first", all_wait);
  operations.queue_publish(key(3), "a", "second", all_wait);
  CHECK_FALSE(operations.next_to_send(all_wait));
  operations.complete(Kind::publish, 1);
  CHECK_FALSE(operations.may_send());  // A new publish must not overtake the two.
  const auto next = operations.next_to_send(all_wait);
  REQUIRE(next);
  CHECK(next->payload == "first");
}

TEST_CASE("OperationManager: what nobody waits for any more is not sent") {
  OperationManager operations(1);
  operations.queue_publish(key(1), "a", "late", all_wait);
  operations.queue_publish(key(2), "a", "wanted", all_wait);
  const auto next = operations.next_to_send([](OpKey k) { return k != key(1); });
  REQUIRE(next);
  CHECK(next->key == key(2));
  CHECK(operations.queued() == 0);
}

TEST_CASE("OperationManager: a queue that is never sent does not keep what nobody waits for") {
  OperationManager operations(1);
  operations.establish(Kind::publish, 1, key(1));
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    operations.queue_publish(key(i), "a", "b", [i](OpKey k) { return k.index + 10 > i; });
  }
  CHECK(operations.queued() < 2100);
}

TEST_CASE("OperationManager: all operations are cancelled, oldest first") {
  OperationManager operations(2);
  operations.establish(Kind::publish, 1, key(1));
  operations.establish(Kind::publish, 2, key(2));
  operations.queue_publish(key(3), "a", "", all_wait);
  operations.establish(Kind::subscribe, 3, key(4));
  operations.queue_publish(key(5), "a", "", all_wait);
  operations.complete(Kind::publish, 1);
  const auto sent = operations.next_to_send(all_wait);
  operations.establish(Kind::publish, 4, sent->key, sent->turn);

  CHECK(indices(operations.cancel_all()) == Indices{2, 3, 4, 5});
  CHECK(operations.cancel_all().empty());
  CHECK(operations.complete(Kind::subscribe, 3) == OpKey{});
}

TEST_CASE("OperationManager: a cancelled publish fills the window until it is acknowledged") {
  OperationManager operations(1);
  operations.establish(Kind::publish, 1, key(1));
  operations.cancel_all();
  CHECK_FALSE(operations.may_send());
  CHECK(operations.complete(Kind::publish, 1) == OpKey{});
  CHECK(operations.may_send());
}

TEST_CASE("OperationManager: a subscription does not outlive its connection") {
  OperationManager operations(8);
  operations.establish(Kind::subscribe, 1, key(1));
  operations.establish(Kind::publish, 2, key(2));
  operations.connection_ended(all_wait);
  CHECK(operations.complete(Kind::subscribe, 1) == OpKey{});
  CHECK(operations.complete(Kind::publish, 2) == key(2));
  CHECK(indices(operations.cancel_all()) == Indices{1});  // Its operation still waits.
}

TEST_CASE("OperationManager: what was sent is sent again only if somebody waits for it") {
  OperationManager operations(8);
  operations.establish(Kind::publish, 1, key(1));
  CHECK(operations.wants_resend(all_wait));
  CHECK_FALSE(operations.wants_resend([](OpKey) { return false; }));
  operations.cancel_all();
  CHECK_FALSE(operations.wants_resend(all_wait));
  operations.forget_sent();
  CHECK(operations.publishes_in_flight() == 0);
  CHECK(operations.complete(Kind::publish, 1) == OpKey{});
}

TEST_CASE("OperationManager: a publish that nobody waits for is withdrawn, the others are kept") {
  OperationManager operations(3);
  operations.establish(Kind::publish, 1, key(1), 0, {"a", "first"});
  operations.establish(Kind::publish, 2, key(2), 0, {"a", "withdrawn"});
  operations.establish(Kind::publish, 3, key(3), 0, {"b", "third"});
  operations.queue_publish(key(4), "a", "queued", all_wait);
  CHECK_FALSE(operations.has_withdrawn(all_wait));
  const auto but_one_wait = [](OpKey k) { return k != key(2); };
  CHECK(operations.has_withdrawn(but_one_wait));

  operations.forget_sent(but_one_wait);
  CHECK(operations.publishes_in_flight() == 0);
  CHECK(operations.complete(Kind::publish, 1) == OpKey{});
  std::vector<std::string> sent;
  while (const auto next = operations.next_to_send(but_one_wait)) {
    sent.push_back(next->topic + " " + next->payload);
    operations.establish(Kind::publish, static_cast<std::uint16_t>(10 + sent.size()), next->key,
                         next->turn);
  }
  CHECK(sent == std::vector<std::string>{"a first", "b third", "a queued"});
  CHECK(indices(operations.cancel_all()) == Indices{1, 3, 4});
}

TEST_CASE("OperationManager: a cancelled publish is withdrawn, an acknowledged one is not") {
  OperationManager operations(8);
  operations.establish(Kind::publish, 1, key(1));
  operations.establish(Kind::subscribe, 2, key(2));
  operations.complete(Kind::publish, 1);
  CHECK_FALSE(operations.has_withdrawn([](OpKey) { return false; }));
  operations.establish(Kind::publish, 3, key(3));
  operations.cancel_all();
  CHECK(operations.has_withdrawn(all_wait));
}

TEST_CASE("OperationManager: one that is never acknowledged does not slow the others down") {
  OperationManager operations(65'000);
  operations.establish(Kind::subscribe, 9, key(9));
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    const auto mid = static_cast<std::uint16_t>(i % 60'000 + 100);
    operations.establish(Kind::publish, mid, key(i));
    REQUIRE(operations.complete(Kind::publish, mid) == key(i));
  }
  CHECK(indices(operations.cancel_all()) == Indices{9});
}

TEST_CASE("OperationManager: what ended with its connection is acknowledged by no packet") {
  OperationManager operations(8);
  operations.establish(Kind::subscribe, 1, key(1));
  operations.establish(Kind::unsubscribe, 2, key(2));
  operations.establish(Kind::subscribe, 3, key(3));
  operations.connection_ended([](OpKey k) { return k != key(3); });
  for (const std::uint16_t mid : {0, 1, 2, 3}) {
    CHECK(operations.complete(Kind::subscribe, mid) == OpKey{});
    CHECK(operations.complete(Kind::unsubscribe, mid) == OpKey{});
  }
  // The same identifiers on the next connection belong to other packets.
  operations.establish(Kind::subscribe, 1, key(4));
  CHECK(operations.complete(Kind::subscribe, 1) == key(4));
  CHECK(indices(operations.cancel_all()) == Indices{1, 2});
}

TEST_CASE("OperationManager: an acknowledgement is of its own kind, and of an operation not done") {
  OperationManager operations(8);
  operations.establish(Kind::subscribe, 1, key(1));
  operations.establish(Kind::unsubscribe, 1, key(2));
  operations.establish(Kind::publish, 1, key(3));
  CHECK(operations.complete(Kind::unsubscribe, 1) == key(2));
  CHECK(operations.complete(Kind::unsubscribe, 1) == OpKey{});
  CHECK(operations.complete(Kind::publish, 1) == key(3));
  CHECK(operations.complete(Kind::subscribe, 1) == key(1));
  CHECK(operations.cancel_all().empty());
}

TEST_CASE("OperationManager: only publishes fill the window, each until it is acknowledged") {
  OperationManager operations(2);
  operations.establish(Kind::subscribe, 1, key(1));
  operations.establish(Kind::publish, 2, key(2));
  CHECK(operations.publishes_in_flight() == 1);
  CHECK(operations.may_send());
  operations.establish(Kind::publish, 3, key(3));
  CHECK_FALSE(operations.may_send());
  operations.complete(Kind::subscribe, 1);
  CHECK_FALSE(operations.may_send());
  operations.connection_ended(all_wait);
  CHECK(operations.publishes_in_flight() == 2);
  operations.complete(Kind::publish, 3);
  CHECK(operations.may_send());
}

TEST_CASE("OperationManager: what is forgotten leaves the window free, and nothing else") {
  OperationManager operations(1);
  operations.establish(Kind::publish, 1, key(1));
  operations.establish(Kind::subscribe, 2, key(2));
  operations.queue_publish(key(3), "a", "queued", all_wait);
  operations.forget_sent();
  const auto next = operations.next_to_send(all_wait);
  REQUIRE(next);
  CHECK(next->payload == "queued");
  CHECK(operations.complete(Kind::subscribe, 2) == key(2));
  CHECK(operations.complete(Kind::publish, 1) == OpKey{});
}

TEST_CASE("OperationManager: acknowledgements in any order find their operations") {
  OperationManager operations(1000);
  constexpr std::uint16_t kCount = 700;
  for (std::uint16_t mid = 1; mid <= kCount; ++mid) {
    operations.establish(Kind::publish, mid, key(mid));
  }
  // 11 and 700 are coprime, so each index occurs once.
  for (unsigned i = 0; i < kCount; ++i) {
    const auto mid = static_cast<std::uint16_t>(i * 11 % kCount + 1);
    CHECK(operations.complete(Kind::publish, mid) == key(mid));
    CHECK(operations.publishes_in_flight() == kCount - 1 - i);
  }
}

TEST_CASE("OperationManager: a long queue that is waited for is asked about seldom") {
  OperationManager operations(1);
  operations.establish(Kind::publish, 1, key(1));
  int asked = 0;
  constexpr int kPublishes = 50'000;
  for (int i = 0; i < kPublishes; ++i) {
    operations.queue_publish(key(2), "a", "b", [&](OpKey) {
      ++asked;
      return true;
    });
  }
  CHECK(operations.queued() == kPublishes);
  CHECK(asked < 3 * kPublishes);
}
