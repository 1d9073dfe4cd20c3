// The hub gets one request at a time to enable or disable a feature, however many calls want it and
// however often the connection is lost.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "testkit/test_client.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

const std::string kC2D = "devices/dev1/messages/devicebound/#";

struct Enabling : TestClient {
  explicit Enabling(ConnectionStringOptions options = {}) : TestClient(std::move(options)) {
    connect();
  }
  Call<std::optional<Message>> receive(detail::Timeout timeout = {}) {
    return call<std::optional<Message>>(
        [&](auto& c, auto done) { c.start_receive_message(true, timeout, std::move(done)); });
  }
  Call<void> set_handler(std::function<void(Message)> handler, detail::Timeout timeout = {}) {
    return call([&](auto& c, auto done) {
      c.start_on_message_received(std::move(handler), timeout, std::move(done));
    });
  }
  std::size_t subscribes() const { return transport.topics(Packet::Kind::subscribe).size(); }
  std::size_t unsubscribes() const { return transport.topics(Packet::Kind::unsubscribe).size(); }
  // Enables all features but inputs.
  void use_everything() {
    on_message([](const Message&) {});
    on_method([](const MethodRequest&) {});
    on_patch([](const Json&) {});
  }
};

// The number of SUBSCRIBEs on each link, if none is acknowledged and each link lasts this long.
std::vector<std::size_t> subscribes_on_links(Duration operation_timeout, Duration held, int links) {
  Enabling test(
      {.operation_timeout = std::chrono::duration_cast<std::chrono::seconds>(operation_timeout)});
  test.use_everything();
  test.transport.otherwise = Reply{[](const Asked& asked) {
    if (asked.is_connect() || asked.packet().kind == Packet::Kind::publish) asked.answer();
  }};
  std::vector<std::size_t> counts;
  std::size_t before = test.subscribes();
  for (int i = 0; i < links; ++i) {
    test.drop();
    test.advance(held);
    counts.push_back(test.subscribes() - std::exchange(before, test.subscribes()));
  }
  return counts;
}

TEST_CASE("Enabling: a link that is lost every 12 s gathers no subscriptions") {
  for (const Duration timeout : {Duration(4min), Duration(0)}) {
    const auto counts = subscribes_on_links(timeout, 12s, 100);
    CHECK(counts == std::vector<std::size_t>(100, 4));
  }
}

TEST_CASE("Enabling: on a link that holds, a lost subscription is repeated every 30 s") {
  CHECK(subscribes_on_links(0s, 61s, 3) == std::vector<std::size_t>{12, 12, 12});
}

TEST_CASE("Enabling: of a subscription that ends each connection the rest is spared") {
  Enabling test;
  test.use_everything();
  test.transport.otherwise = Reply{[](const Asked& asked) {
    if (asked.is_connect() || asked.packet().topic != kC2D) return asked.answer();
    asked.far_end().drop();
  }};
  std::size_t reported = 0;
  test.core->on_background_exception([&](const IotError&) { ++reported; });
  test.drop();
  test.advance(50s);
  const auto count = [&] {
    const Texts topics = test.transport.subscribed();
    return std::count(topics.begin(), topics.end(), kC2D);
  };
  CHECK(count() == 1 + 10);
  CHECK(test.core->connected());
  CHECK(test.send("goes through").succeeded());
  CHECK(test.transport.subscribed().back() == "$iothub/twin/PATCH/properties/desired/#");

  test.transport.otherwise = accept;
  test.advance(1min);
  CHECK(count() == 1 + 10 + 1);  // Retried later, and not given up.
  test.transport.session_present = true;
  test.drop();
  test.advance(1min);
  CHECK(count() == 1 + 10 + 1);
}

TEST_CASE("Enabling: many calls that want one feature have it subscribed to once") {
  Enabling test;
  test.transport.script_acks({late});
  std::vector<Call<std::optional<Message>>> receives;
  for (int i = 0; i < 10; ++i) receives.push_back(test.receive());
  CHECK(test.transport.subscribed() == Texts{kC2D});
  test.transport.release();
  test.loop->run_posted();
  for (int i = 0; i < 10; ++i) test.receive_c2d("m");
  for (const auto& receive : receives) CHECK(receive.succeeded());
  CHECK(test.subscribes() == 1);
}

TEST_CASE("Enabling: calls that share a subscription share its failure") {
  Enabling test;
  test.transport.script_acks({late});
  const auto first = test.get_twin();
  const auto second = test.get_twin();
  CHECK(test.subscribes() == 1);
  test.disconnect();
  CHECK(first.error().code() == Errc::operation_cancelled);
  CHECK(second.error().code() == Errc::operation_cancelled);
}

TEST_CASE("Enabling: a call that shares a subscription ends at its own timeout, not before") {
  Enabling test;
  test.transport.otherwise = stall;
  const auto first = test.get_twin(60s);
  const auto second = test.get_twin(7s);
  test.advance(7s - 1ms);
  CHECK_FALSE(second.done());
  test.advance(1ms);
  CHECK(second.error().code() == Errc::timed_out);
  CHECK_FALSE(first.done());
}

TEST_CASE("Enabling: a call with time left goes on when the one that it waited for has timed out") {
  Enabling test;
  test.transport.script_acks({stall});
  const auto first = test.get_twin(3s);
  const auto second = test.get_twin(60s);
  test.advance(3s);
  CHECK(first.error().code() == Errc::timed_out);
  CHECK(second.succeeded());
  CHECK(test.subscribes() == 2);
}

TEST_CASE("Enabling: a handler cleared while it is being enabled is disabled in the end") {
  Enabling test;
  test.transport.script_acks({late});
  const auto set = test.set_handler([](const Message&) {});
  const auto cleared = test.set_handler({});
  CHECK(test.unsubscribes() == 0);
  test.transport.release();
  test.loop->run_posted();
  CHECK(set.succeeded());
  CHECK(cleared.succeeded());
  CHECK(test.unsubscribes() == 1);
}

TEST_CASE("Enabling: a handler set while it is being disabled is enabled in the end") {
  Enabling test;
  test.set_handler([](const Message&) {});
  test.transport.script_acks({late});
  const auto cleared = test.set_handler({});
  const auto set = test.set_handler([](const Message&) {});
  test.transport.release();
  test.loop->run_posted();
  CHECK(cleared.succeeded());
  CHECK(set.succeeded());
  CHECK(test.transport.subscribed() == Texts{kC2D, kC2D});
  CHECK(test.set_handler({}).succeeded());
  CHECK(test.unsubscribes() == 2);
}

TEST_CASE("Enabling: many calls that clear a handler unsubscribe once") {
  Enabling test;
  test.set_handler([](const Message&) {});
  test.transport.script_acks({late});
  const auto first = test.set_handler({});
  const auto second = test.set_handler({});
  test.transport.release();
  test.loop->run_posted();
  CHECK(first.succeeded());
  CHECK(second.succeeded());
  CHECK(test.unsubscribes() == 1);
}

TEST_CASE("Enabling: a handler cleared while a lost session is made good is not enabled again") {
  Enabling test;
  test.set_handler([](const Message&) {});
  test.transport.script_acks({stall});
  test.drop();
  test.advance(15s);
  CHECK(test.subscribes() == 2);
  CHECK(test.set_handler({}).succeeded());
  test.advance(5min);
  CHECK(test.subscribes() == 2);
}

TEST_CASE("Enabling: a shutdown ends all calls that wait for one subscription") {
  Enabling test;
  test.transport.script_acks({stall});
  const auto first = test.get_twin();
  const auto second = test.get_twin();
  const auto cleared = test.set_handler({});
  test.shutdown();
  CHECK(first.error().code() == Errc::operation_cancelled);
  CHECK(second.error().code() == Errc::operation_cancelled);
}

}  // namespace
}  // namespace azure::iot::device::test
