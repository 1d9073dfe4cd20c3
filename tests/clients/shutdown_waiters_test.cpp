// Shutdown with every kind of waiting call: each wait ends, once, and in time.
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/doctest_texts.hpp"
#include "testkit/test_client.hpp"
#include "tests/clients/keeping_stage.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// The outcome of a call of any type.
struct Ended {
  bool done = false;
  Errc code = Errc::ok;
};

struct Wait {
  std::string name;
  // Starts the call, and returns a function that reports its outcome.
  std::function<std::function<Ended()>(TestClient&)> start;
};

template <class T = void, class Start>
std::function<Ended()> started(TestClient& test, Start start) {
  const Call<T> call = test.call<T>(start);
  return [call] { return Ended{call.done(), call.error().code()}; };
}

const Wait kReceives[] = {
    {"message",
     [](TestClient& test) {
       return started<std::optional<Message>>(
           test, [](auto& c, auto done) { c.start_receive_message(true, {}, std::move(done)); });
     }},
    {"message on an input",
     [](TestClient& test) {
       return started<std::optional<Message>>(test, [](auto& c, auto done) {
         c.start_receive_message_on_input("in", true, {}, std::move(done));
       });
     }},
    {"method",
     [](TestClient& test) {
       return started<std::optional<MethodRequest>>(test, [](auto& c, auto done) {
         c.start_receive_method_request({}, true, {}, std::move(done));
       });
     }},
    {"method by name",
     [](TestClient& test) {
       return started<std::optional<MethodRequest>>(test, [](auto& c, auto done) {
         c.start_receive_method_request("m", true, {}, std::move(done));
       });
     }},
    {"patch",
     [](TestClient& test) {
       return started<std::optional<Json>>(test, [](auto& c, auto done) {
         c.start_receive_twin_desired_properties_patch(true, {}, std::move(done));
       });
     }},
};

const Wait kCalls[] = {
    {"send",
     [](TestClient& test) {
       return started(test,
                      [](auto& c, auto done) { c.start_send_message({}, {}, std::move(done)); });
     }},
    {"send to an output",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_send_message_to_output({}, "out", {}, std::move(done));
       });
     }},
    {"method response",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_send_method_response({.request_id = "1", .status = 200}, {}, std::move(done));
       });
     }},
    {"get_twin",
     [](TestClient& test) {
       return started<Json>(test,
                            [](auto& c, auto done) { c.start_get_twin({}, std::move(done)); });
     }},
    {"patch_twin",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_patch_twin_reported_properties({{"a", 1}}, {}, std::move(done));
       });
     }},
    {"messages' handler",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_on_message_received([](const Message&) {}, {}, std::move(done));
       });
     }},
    {"inputs' handler",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_on_input_message_received([](const Message&) {}, {}, std::move(done));
       });
     }},
    {"methods' handler",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_on_method_request_received([](const MethodRequest&) {}, {}, std::move(done));
       });
     }},
    {"patches' handler",
     [](TestClient& test) {
       return started(test, [](auto& c, auto done) {
         c.start_on_twin_desired_properties_patch_received([](const Json&) {}, {}, std::move(done));
       });
     }},
};

std::vector<Wait> all_waits() {
  std::vector<Wait> all(std::begin(kReceives), std::end(kReceives));
  all.insert(all.end(), std::begin(kCalls), std::end(kCalls));
  return all;
}

// Shuts down, and checks that the wait ends at once, and only once.
void check_ends(TestClient& test, const std::function<Ended()>& wait) {
  CHECK_FALSE(wait().done);
  const auto shutdown = test.shutdown();
  CHECK(shutdown.succeeded());
  CHECK(wait().done);
  CHECK(wait().code == Errc::operation_cancelled);
  test.transport.release();
  test.advance(1h);
  CHECK(wait().done);
  CHECK(test.loop->pending_timers() == 0);
}

TEST_CASE("Shutdown: a receive call that waits for an item ends with it") {
  for (const Wait& wait : kReceives) {
    CAPTURE(wait.name);
    TestClient test({}, kTestModuleConnectionString);
    check_ends(test, wait.start(test));
  }
}

TEST_CASE("Shutdown: a call that waits for the hub ends with it") {
  for (const Wait& wait : all_waits()) {
    CAPTURE(wait.name);
    TestClient test({}, kTestModuleConnectionString);
    test.connect();
    test.transport.script_acks({late, late});
    check_ends(test, wait.start(test));
  }
}

TEST_CASE("Shutdown: a call that still connects ends with it") {
  for (const Wait& wait : all_waits()) {
    CAPTURE(wait.name);
    TestClient test({}, kTestModuleConnectionString);
    test.transport.script({stall});
    check_ends(test, wait.start(test));
  }
}

TEST_CASE("Shutdown: a call that comes afterwards is refused") {
  for (const Wait& wait : all_waits()) {
    CAPTURE(wait.name);
    TestClient test({}, kTestModuleConnectionString);
    test.shutdown();
    const auto refused = wait.start(test);
    CHECK(refused().done);
    CHECK(refused().code == Errc::pipeline_not_running);
    CHECK(test.transport.dials() == 0);
  }
}

TEST_CASE("Shutdown: an update of the token ends with it, and is refused afterwards") {
  const auto token = [](int expiry) {
    return "SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=" + std::to_string(expiry);
  };
  TestClient test(token(2'000'000), SasTokenOptions{});
  const auto update = [&] {
    return started(test, [&](auto& c, auto done) {
      c.start_update_sastoken(token(2'000'001), {}, std::move(done));
    });
  };
  test.connect();
  test.transport.script({stall});
  check_ends(test, update());
  CHECK(update()().code == Errc::pipeline_not_running);
}

TEST_CASE("Shutdown: an update of the token is refused before the token is looked at") {
  TestClient test("SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=2000000",
                  SasTokenOptions{});
  test.shutdown();
  const auto update = test.call(
      [](auto& c, auto done) { c.start_update_sastoken("no token", {}, std::move(done)); });
  CHECK(update.error().code() == Errc::pipeline_not_running);
}

// An acknowledgement arrives between the call of shutdown and its work.
TEST_CASE("Shutdown: what is enabled when it has been called is not waited for") {
  for (const Wait& wait : kReceives) {
    CAPTURE(wait.name);
    TestClient test({}, kTestModuleConnectionString);
    test.connect();
    test.transport.script_acks({late, late});
    const auto ended = wait.start(test);
    test.transport.release();
    Call<void> shutdown;
    test.core->start_shutdown(shutdown.completion());
    test.loop->run_posted();
    CHECK(shutdown.succeeded());
    CHECK(ended().done);
    CHECK(ended().code != Errc::ok);
  }
}

TEST_CASE("Shutdown: while it is under way, any other call is refused") {
  TestClient test({.stages = {keep_at_top<ShutdownPipelineOperation>()}},
                  kTestModuleConnectionString);
  const auto first = test.shutdown();
  const auto second = test.shutdown();
  CHECK(test.connect().error().code() == Errc::pipeline_not_running);
  CHECK(test.disconnect().error().code() == Errc::pipeline_not_running);
  for (const Wait& wait : all_waits()) {
    CAPTURE(wait.name);
    CHECK(wait.start(test)().code == Errc::pipeline_not_running);
  }
  CHECK_FALSE(first.done());
  CHECK_FALSE(second.done());
  test.advance(900ms);
  CHECK(first.succeeded());
  CHECK(second.succeeded());
}

}  // namespace
}  // namespace azure::iot::device::test
