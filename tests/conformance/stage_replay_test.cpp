#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "tools/conformance/names.hpp"
#include "tools/conformance/replay.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr const char* kConfig = R"({
  "hostname": "hub1.example.net", "gateway_hostname": null, "server_verification_cert": null,
  "x509": true, "sastoken": null, "websockets": false, "cipher": "", "proxy_options": null,
  "keep_alive": 60, "auto_connect": true, "connection_retry": true,
  "connection_retry_interval": 10, "user_agent": "agent", "device_id": "dev1", "module_id": null,
  "product_info": "", "ensure_desired_properties": true})";

Step step(const char* in, const char* out, const char* env = "{}") {
  return {.in = Json::parse_or_throw(in),
          .env = Json::parse_or_throw(env),
          .out = Json::parse_or_throw(out)};
}

Trace trace_of(const char* subject, std::vector<Step> steps) {
  return {.name = "test",
          .subject = subject,
          .config = Json::parse_or_throw(kConfig),
          .connection_state = ConnectionState::disconnected,
          .clock = WallTime(std::chrono::seconds(1'000'000)),
          .handlers = {},
          .suspect = {},
          .suspect_from = {},
          .steps = std::move(steps)};
}

Verdict replay(const Trace& trace) { return replay(trace, *find_subject(trace.subject)); }

const Step kSubscribe =
    step(R"({"run_op": {"id": "o1", "type": "MQTTSubscribeOperation", "topic": "t"}})",
         R"([{"send_op_down": {"id": "o1", "type": "MQTTSubscribeOperation", "topic": "t"}}])");

}  // namespace

TEST_CASE("StageReplay: a trace that is met passes") {
  const Verdict verdict = replay(trace_of(
      "OpTimeoutStage",
      {kSubscribe, step(R"({"advance": 9.999})", "[]"),
       step(R"({"advance": 0.001})",
            R"([{"op_completed": {"id": "o1", "error": {"type": "OperationTimeout"}}}])")}));
  CHECK_FALSE(verdict.failure);
  CHECK(verdict.accepted.empty());
  CHECK(verdict.compared_steps == 3);
}

TEST_CASE("StageReplay: the first step that differs is named, with both sides") {
  const Verdict verdict = replay(trace_of(
      "OpTimeoutStage",
      {kSubscribe,
       step(R"({"advance": 9.999})",
            R"([{"op_completed": {"id": "o1", "error": {"type": "OperationTimeout"}}}])")}));
  REQUIRE(verdict.failure);
  CHECK(verdict.failure->step == 1);
  CHECK(verdict.failure->expected.size() == 1);
  CHECK(verdict.failure->actual.empty());
}

TEST_CASE("StageReplay: an error of another kind, field or order fails") {
  const auto fails = [](const char* in, const char* out) {
    return replay(trace_of("AutoConnectStage", {step(in, out)})).failure.has_value();
  };
  const char* in = R"({"run_op": {"id": "o1", "type": "DisconnectOperation", "hard": false}})";
  CHECK_FALSE(fails(
      in, R"([{"send_op_down": {"id": "o1", "type": "DisconnectOperation", "hard": false}}])"));
  CHECK(fails(in,
              R"([{"send_op_down": {"id": "o1", "type": "DisconnectOperation", "hard": true}}])"));
  CHECK(fails(in, "[]"));
  const char* connects = R"({"run_op": {"id": "o1", "type": "MQTTPublishOperation", "topic": "t",
                             "payload": "p"}})";
  CHECK_FALSE(fails(connects, R"([{"send_op_down": {"id": "s1", "type": "ConnectOperation"}}])"));
  CHECK(
      fails(connects, R"([{"send_op_down": {"id": "s1", "type": "ShutdownPipelineOperation"}}])"));
}

TEST_CASE("StageReplay: names that are given in order may differ, but not be mixed up") {
  const auto request = [](const char* id, const char* own, const char* rid) {
    const std::string fields =
        R"("request_type": "twin", "method": "GET", "resource_location": "/", "request_body": " ")";
    return step((R"({"run_op": {"type": "RequestAndResponseOperation", "id": ")" + std::string(id) +
                 "\", " + fields + "}}")
                    .c_str(),
                (R"([{"send_op_down": {"type": "RequestOperation", "id": ")" + std::string(own) +
                 R"(", "request_id": ")" + rid + "\", " + fields + "}}]")
                    .c_str());
  };
  const char* subject = "CoordinateRequestAndResponseStage";
  CHECK_FALSE(
      replay(trace_of(subject, {request("o1", "s7", "rid-9"), request("o2", "s8", "rid-4")}))
          .failure);
  CHECK(replay(trace_of(subject, {request("o1", "s7", "rid-9"), request("o2", "s7", "rid-4")}))
            .failure);
}

TEST_CASE("StageReplay: what only a marked recording may show fails in one that is not marked") {
  Trace trace = trace_of(
      "ConnectionStateStage",
      {step(R"({"event": {"type": "ConnectedEvent"}})",
            R"([{"state": "CONNECTED"}, {"send_event_up": {"type": "ConnectedEvent"}}])"),
       step(R"({"run_op": {"id": "o1", "type": "ShutdownPipelineOperation"}})",
            R"([{"send_op_down": {"id": "o1", "type": "ShutdownPipelineOperation"}}])"),
       step(R"({"event": {"type": "DisconnectedEvent"}})",
            R"([{"state": "DISCONNECTED"}, {"send_event_up": {"type": "DisconnectedEvent"}}])"),
       step(
           R"({"advance": 0.01})",
           R"([{"state": "CONNECTING"}, {"send_op_down": {"id": "s1", "type": "ConnectOperation"}}])")});
  CHECK(replay(trace).failure);
  trace.suspect = "it redials after a shutdown";
  trace.suspect_from = 3;
  const Verdict verdict = replay(trace);
  CHECK_FALSE(verdict.failure);
  REQUIRE_FALSE(verdict.accepted.empty());
  CHECK(verdict.accepted.front().difference->name == "silent-after-shutdown");
}

TEST_CASE("StageReplay: a refusal that Python asks about again may end a registration") {
  const auto request = [](const std::string& id) {
    return R"([{"send_op_down": {"id": ")" + id + R"(", "type": "RequestAndResponseOperation",
               "request_type": "query", "method": "GET", "resource_location": "/",
               "request_body": " ", "query_params": {"operation_id": "op1"}}}])";
  };
  const auto replay_with = [&](int status) {
    Trace trace = trace_of("PollingStatusStage", {});
    trace.config.set("registration_id", "reg1");
    trace.config.set("id_scope", "scope1");
    const std::string answer = R"({"complete_op": {"id": "s1", "error": null, "status_code": )" +
                               std::to_string(status) +
                               R"(, "response_body": "", "retry_after": null}})";
    trace.steps = {step(R"({"run_op": {"id": "o1", "type": "PollStatusOperation",
                            "operation_id": "op1", "request_payload": " "}})",
                        request("s1").c_str()),
                   step(answer.c_str(), "[]"), step(R"({"advance": 2})", request("s2").c_str())};
    return replay(trace);
  };
  for (const int status : {430, 499}) {
    const Verdict verdict = replay_with(status);
    CHECK_FALSE(verdict.failure);
    REQUIRE_FALSE(verdict.accepted.empty());
    CHECK(verdict.accepted.front().difference->name == "refusal-is-final");
  }
  CHECK_FALSE(replay_with(503).failure);
  CHECK(replay_with(503).accepted.empty());
  CHECK(replay_with(428).failure);
}

TEST_CASE("StageReplay: a request that Python makes without a pause may come later, and no other") {
  const auto replay_with = [](const std::string& retry_after) {
    const std::string request =
        R"("type": "RequestAndResponseOperation", "request_type": "query", "method": "GET",
           "resource_location": "/", "request_body": " ",
           "query_params": {"operation_id": "op1"}}}])";
    const std::string answer = R"({"complete_op": {"id": "s1", "error": null, "status_code": 429,
                                   "response_body": "", "retry_after": ")" +
                               retry_after + R"("}})";
    Trace trace = trace_of("PollingStatusStage", {});
    trace.config.set("registration_id", "reg1");
    trace.config.set("id_scope", "scope1");
    trace.steps = {
        step(R"({"run_op": {"id": "o1", "type": "PollStatusOperation", "operation_id": "op1",
                            "request_payload": " "}})",
             (R"([{"send_op_down": {"id": "s1", )" + request).c_str()),
        step(answer.c_str(), "[]"),
        step(R"({"advance": 0})", (R"([{"send_op_down": {"id": "s2", )" + request).c_str())};
    return replay(trace);
  };
  for (const char* const none : {"0", "-3"}) {
    const Verdict verdict = replay_with(none);
    CHECK_FALSE(verdict.failure);
    REQUIRE_FALSE(verdict.accepted.empty());
    CHECK(verdict.accepted.front().difference->name == "pause-has-a-floor");
  }
  CHECK(replay_with("1").failure);
}

TEST_CASE("StageReplay: a link that a change took down may be brought back, and no other") {
  const auto replay_with = [&](const char* error, bool retries = true) {
    const std::string answer =
        R"({"complete_op": {"id": "o1", "error": )" + std::string(error) + "}}";
    const std::string completed =
        R"([{"op_completed": {"id": "o1", "error": )" + std::string(error) + "}}]";
    const std::string failed = R"([{"state": "DISCONNECTED"}, )" + completed.substr(1);
    const bool fails = std::string_view(error) != "null";
    const char* again = R"({"id": "o1", "type": "ReauthorizeConnectionOperation"})";
    Trace trace = trace_of(
        "ConnectionStateStage",
        {step((R"({"run_op": )" + std::string(again) + "}").c_str(),
              (R"([{"state": "REAUTHORIZING"}, {"send_op_down": )" + std::string(again) + "}]")
                  .c_str()),
         step(answer.c_str(), (fails ? failed : completed).c_str()),
         step(R"({"advance": 60})", "[]")});
    trace.connection_state = ConnectionState::connected;
    trace.config.set("connection_retry", retries);
    return replay(trace);
  };
  const Verdict verdict = replay_with(R"({"type": "ConnectionFailedError", "message": "e"})");
  CHECK_FALSE(verdict.failure);
  REQUIRE_FALSE(verdict.accepted.empty());
  CHECK(verdict.accepted.front().difference->name == "link-has-an-owner");
  const Verdict given_up = replay_with(R"({"type": "UnauthorizedError", "message": "e"})", false);
  CHECK_FALSE(given_up.failure);
  REQUIRE_FALSE(given_up.accepted.empty());
  CHECK(given_up.accepted.front().difference->name == "giving-up-is-reported");
  CHECK(replay_with("null").accepted.empty());
}

TEST_CASE("StageReplay: a connect that waited for an attempt that fails may fail with it") {
  const char* const error = R"({"type": "ConnectionFailedError", "message": "e"})";
  const std::string failed = R"("error": )" + std::string(error) + "}}";
  const Verdict verdict =
      replay(trace_of("ConnectionStateStage",
                      {step(R"({"run_op": {"id": "o1", "type": "ConnectOperation"}})",
                            R"([{"state": "CONNECTING"},
                {"send_op_down": {"id": "o1", "type": "ConnectOperation"}}])"),
                       step(R"({"run_op": {"id": "o2", "type": "ConnectOperation"}})", "[]"),
                       step((R"({"complete_op": {"id": "o1", )" + failed).c_str(),
                            (R"([{"state": "DISCONNECTED"}, {"state": "CONNECTING"},
                {"send_op_down": {"id": "o2", "type": "ConnectOperation"}},
                {"op_completed": {"id": "o1", )" +
                             failed + "]")
                                .c_str())}));
  CHECK_FALSE(verdict.failure);
  REQUIRE_FALSE(verdict.accepted.empty());
  CHECK(verdict.accepted.front().difference->name == "failure-is-shared");
}

TEST_CASE("StageReplay: request ids are counted without those that are missing") {
  Names names;
  names.learn_missing("rid-2");
  CHECK(names.actual("rid-1") == "rid-1");
  CHECK(names.actual("rid-2") == "");
  CHECK(names.actual("rid-3") == "rid-2");
  names.learn({{"rid-3", "rid-7"}});
  CHECK(names.actual("rid-3") == "rid-7");
}

TEST_CASE("StageReplay: every accepted difference says when, why, where and what is compared") {
  for (const Difference& difference : differences()) {
    CAPTURE(difference.name);
    CHECK(std::filesystem::exists(std::filesystem::path(TEST_VECTORS_DIR "/../..") /
                                  difference.stated_in));
    CHECK_FALSE(difference.trigger.empty());
    CHECK_FALSE(difference.reason.empty());
    CHECK_FALSE(difference.still_compared.empty());
  }
}

}  // namespace azure::iot::device::conformance
