#include "testkit/fake_hub.hpp"

#include <doctest/doctest.h>

#include "pipeline/mqtt_answers.hpp"
#include "support/doctest_texts.hpp"
#include "testkit/test_client.hpp"
#include "testkit/test_hub_pipeline.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

// The calls of one kind, started one by one, and the script of that kind.
struct Kind {
  const char* name;
  void (*script)(TestClient& hub, std::initializer_list<Reply> replies);
  Call<void> (*start)(TestClient& hub);
};

template <class T>
Call<void> without_result(TestClient& hub,
                          void (*start)(detail::HubClientCore&, detail::Completion<T>)) {
  return hub.call([&](auto& core, auto done) {
    start(core, detail::Completion<T>([done = std::move(done)](detail::Outcome<T> outcome) mutable {
            if constexpr (std::is_void_v<T>) {
              done(std::move(outcome));
            } else {
              done(outcome ? Error() : outcome.error());
            }
          }));
  });
}

const Kind kTwinReads{"twin read", [](auto& hub, auto replies) { hub.script_twin_reads(replies); },
                      [](auto& hub) {
                        return without_result<Json>(hub, [](auto& core, auto done) {
                          core.start_get_twin(10s, std::move(done));
                        });
                      }};
const Kind kTwinPatches{
    "twin patch", [](auto& hub, auto replies) { hub.script_twin_patches(replies); },
    [](auto& hub) {
      return without_result<void>(hub, [](auto& core, auto done) {
        core.start_patch_twin_reported_properties({{"a", 1}}, 10s, std::move(done));
      });
    }};
const Kind kMessages{"message", [](auto& hub, auto replies) { hub.script_messages(replies); },
                     [](auto& hub) { return hub.send("21.5", 10s); }};
const Kind kMethodResponses{
    "method response", [](auto& hub, auto replies) { hub.script_method_responses(replies); },
    [](auto& hub) {
      return without_result<void>(hub, [](auto& core, auto done) {
        core.start_send_method_response({.request_id = "7", .status = 404}, 10s, std::move(done));
      });
    }};
const Kind kAll[] = {kTwinReads, kTwinPatches, kMessages, kMethodResponses};

// Connected, with the twin's responses subscribed to.
struct ReadyHub : TestClient {
  ReadyHub() {
    connect();
    REQUIRE(get_twin().succeeded());
  }
};

TEST_CASE("FakeHub: an answer may be lost, and the next one is not") {
  for (const Kind& kind : kAll) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {lost});
    const auto call = kind.start(hub);
    hub.advance(10s);
    CHECK(call.error().code() == Errc::timed_out);
    CHECK(kind.start(hub).succeeded());
  }
}

TEST_CASE("FakeHub: an answer may be late, before the deadline and after it") {
  for (const Kind& kind : kAll) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {late, late});
    const auto in_time = kind.start(hub);
    hub.advance(9s);
    CHECK_FALSE(in_time.done());
    hub.release();
    CHECK(in_time.succeeded());
    const auto too_late = kind.start(hub);
    hub.advance(10s);
    hub.release();
    CHECK(too_late.error().code() == Errc::timed_out);
  }
}

TEST_CASE("FakeHub: an answer may come slowly, and at the very deadline is too late") {
  for (const Kind& kind : kAll) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {slow(10s - 1ns), slow(10s)});
    const auto in_time = kind.start(hub);
    hub.advance(10s);
    CHECK(in_time.succeeded());
    const auto too_late = kind.start(hub);
    hub.advance(10s);
    CHECK(too_late.error().code() == Errc::timed_out);
  }
}

TEST_CASE("FakeHub: an answer may come twice, and ends its call once") {
  for (const Kind& kind : kAll) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {duplicate});
    CHECK(kind.start(hub).succeeded());
    CHECK(kind.start(hub).succeeded());
  }
}

TEST_CASE("FakeHub: answers may come in another order") {
  for (const Kind& kind : kAll) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {reordered, accept});
    const auto first = kind.start(hub);
    CHECK_FALSE(first.done());
    CHECK(kind.start(hub).succeeded());
    CHECK(first.succeeded());
  }
}

TEST_CASE("FakeHub: a twin request is answered with the status of the script") {
  for (const Kind& kind : {kTwinReads, kTwinPatches}) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {status(429), refuse, refuse_with(Error(Errc::unauthorized))});
    CHECK(kind.start(hub).error().service_status() == 429);
    CHECK(kind.start(hub).error().service_status() == 400);
    CHECK(kind.start(hub).error().service_status() == 400);
    CHECK(kind.start(hub).succeeded());
  }
}

TEST_CASE("FakeHub: a status for a publish costs the link, and it goes out once more") {
  for (const Kind& kind : {kMessages, kMethodResponses}) {
    for (const Reply& reply : {status(429), drop}) {
      CAPTURE(kind.name);
      ReadyHub hub;
      kind.script(hub, {reply});
      const auto call = kind.start(hub);
      CHECK_FALSE(hub.transport.connected());
      hub.advance(1s);
      CHECK(call.succeeded());
      CHECK(hub.transport.dials() == 2);
    }
  }
}

TEST_CASE("FakeHub: a publish that is refused fails, though no hub refuses one") {
  for (const Kind& kind : {kMessages, kMethodResponses}) {
    CAPTURE(kind.name);
    ReadyHub hub;
    kind.script(hub, {refuse, connack(5), refuse_with(Errc::service)});
    CHECK(kind.start(hub).error().code() == Errc::connection_failed);
    CHECK(kind.start(hub).error().code() == Errc::connection_failed);
    CHECK(kind.start(hub).error().code() == Errc::service);
    CHECK(kind.start(hub).succeeded());
  }
}

TEST_CASE("FakeHub: a refused subscription ends as with the real transport") {
  TestClient hub;
  hub.script_subscribes({refuse});
  const auto call = hub.on_message([](const Message&) {});
  const Error real = suback_error("devices/dev1/messages/devicebound/#");
  CHECK(call.error().code() == real.code());
  CHECK(call.error().detail() == real.detail());
}

TEST_CASE("FakeHub: a connect is refused with the code of the script") {
  TestClient hub;
  hub.script_connects({refuse, connack(5)});
  CHECK(hub.connect().error().code() == Errc::connection_failed);
  CHECK(hub.connect().error().code() == Errc::unauthorized);
  CHECK(hub.connect().succeeded());
}

TEST_CASE("FakeHub: a script counts only its own kind") {
  ReadyHub hub;
  hub.script_twin_reads({status(500)});
  hub.script_messages({lost});
  hub.script_subscribes({refuse});
  CHECK(kTwinPatches.start(hub).succeeded());
  CHECK(kMethodResponses.start(hub).succeeded());
  CHECK(kTwinReads.start(hub).error().service_status() == 500);
  CHECK_FALSE(kMessages.start(hub).done());
  CHECK(hub.on_method([](const MethodRequest&) {}).error().code() == Errc::protocol_client);
}

TEST_CASE("FakeHub: an UNSUBACK may be lost, and is asked for again") {
  TestClient hub;
  hub.on_message([](const Message&) {});
  hub.script_unsubscribes({lost});
  const auto cleared = hub.on_message({});
  hub.advance(30s - 1ns);
  CHECK_FALSE(cleared.done());
  hub.advance(1ns);
  CHECK(cleared.succeeded());
}

TEST_CASE("FakeHub: shows what came from the client in its own words") {
  TestClient hub({}, kTestModuleConnectionString);
  IoTHubModuleClient module = hub.module_client();
  Message message{.data = "21.5", .message_id = "m 1", .content_type = "text/plain"};
  message.custom_properties["room"] = "attic & roof";
  module.send_message(message);
  module.send_message_to_output(Message{.data = "hot"}, "alarms");
  module.patch_twin_reported_properties({{"interval", 60}});
  module.send_method_response({.request_id = "7", .status = 404, .payload = "no"});
  REQUIRE(hub.messages().size() == 2);
  CHECK(hub.messages()[0] == message);
  CHECK(hub.messages()[1] == Message{.data = "hot", .output_name = "alarms"});
  CHECK(hub.reported_patches() == std::vector<Json>{{{"interval", 60}}});
  CHECK(hub.method_responses() ==
        std::vector<MethodResponse>{{.request_id = "7", .status = 404, .payload = "no"}});
}

TEST_CASE("FakeHub: what the hub sends may be lost, late, slow or come twice") {
  TestClient hub;
  Texts seen;
  hub.on_message([&](const Message& m) { seen.push_back(m.data + " " + *m.message_id); });
  hub.receive_c2d("a", lost);
  hub.receive_c2d("b", late);
  hub.receive_c2d("c", slow(5s));
  hub.receive_c2d("d", duplicate);  // As QoS 1 delivers it once more.
  CHECK(seen == Texts{"d 4", "d 4"});
  hub.release();
  hub.advance(5s);
  CHECK(seen == Texts{"d 4", "d 4", "b 2", "c 3"});
}

TEST_CASE("FakeHub: what the hub sends is lost with the link") {
  TestClient hub;
  Texts seen;
  hub.on_message([&](const Message& m) { seen.push_back(m.data); });
  hub.receive_c2d("a", drop);
  CHECK_FALSE(hub.transport.connected());
  hub.receive_c2d("b");
  hub.advance(1min);
  hub.receive_c2d("c", half_open);
  hub.receive_c2d("d");
  hub.advance(1h);
  hub.receive_c2d("e", refuse);
  CHECK(seen.empty());
  hub.receive_c2d("f");
  CHECK(seen == Texts{"f"});
}

TEST_CASE("FakeHub: a method request that comes twice is answered twice, under one id") {
  TestClient hub;
  IoTHubDeviceClient client = hub.device_client();
  client.on_method_request_received([&](const MethodRequest& request) {
    client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  });
  const std::string first = hub.invoke_method("blink", "{}", duplicate);
  const std::string other = hub.invoke_method("blink", "{}");
  CHECK(hub.count_responses(first) == 2);
  CHECK(hub.count_responses(other) == 1);
}

TEST_CASE("FakeHub: a patch of desired properties that is lost leaves a gap in the versions") {
  TestClient hub;
  Texts seen;
  hub.on_patch([&](const Json& patch) { seen.push_back(patch.dump()); });
  hub.patch_desired({{"interval", 5}});
  hub.patch_desired({{"interval", 6}}, lost);
  hub.patch_desired({{"interval", 7}});
  CHECK(seen == Texts{R"({"interval": 5, "$version": 2})", R"({"interval": 7, "$version": 4})"});
}

TEST_CASE("FakeTwinService: takes the same words, for single stages and for the whole chain") {
  TestHubChain p;
  p.run<ConnectOperation>();
  p.run<EnableFeatureOperation>(std::string(feature::kTwin));
  p.twin.script({status(429), lost, duplicate});
  CHECK(p.run<GetTwinOperation>().error().service_status() == 429);
  const auto unanswered = p.run_within<GetTwinOperation>(10s);
  CHECK(p.run<GetTwinOperation>().succeeded());
  p.advance(10s);
  CHECK(unanswered.errc() == Errc::timed_out);
  CHECK(p.run<GetTwinOperation>().succeeded());
}

TEST_CASE("FakeHub: an input of a module gets what is sent to it") {
  TestClient hub({}, kTestModuleConnectionString);
  IoTHubModuleClient module = hub.module_client();
  Texts seen;
  module.on_message_received([&](const Message& m) { seen.push_back(*m.input_name + m.data); });
  hub.receive_input("in1", "hello", duplicate);
  CHECK(seen == Texts{"in1hello", "in1hello"});
}

}  // namespace
}  // namespace azure::iot::device::test
