#include <algorithm>
#include <optional>

#include <doctest/doctest.h>

#include "clients/provisioned_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "tests/clients/provisioning_service.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"
#include "tests/support/log_listener.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

// The text of the exception for an error.
std::string text_of(const Error& error) {
  return detail::exception_text(error, detail::Service::provisioning);
}

TEST_CASE("Provisioning: a registration connects, asks, polls, and disconnects before it returns") {
  ProvisioningService service;
  service.answers = {assigning(), assigned_to("hub1")};
  service.core->set_provisioning_payload({{"a", 1}});
  const auto call = service.begin();
  CHECK(service.transport.subscribed() == Strings{"$dps/registrations/res/#"});
  CHECK(service.transport.packets()[1].payload ==
        R"({"payload": {"a": 1}, "registrationId": "reg1"})");
  CHECK_FALSE(call.done());
  service.advance(2s);
  REQUIRE(call.succeeded());
  CHECK(call.value().registration_state->assigned_hub == "hub1");
  CHECK(service.transport.disconnects() == 1);
  CHECK(service.transport.was_shut_down());
  CHECK(service.loop->pending_timers() == 0);
}

TEST_CASE("Provisioning: after its success the client has ended, and says so") {
  ProvisioningService service;
  service.answers = {assigned_to("hub1"), assigned_to("hub1")};
  ProvisioningDeviceClient client(service.core);
  CHECK(client.register_device().status == "assigned");
  try {
    client.register_device();
    FAIL("registered twice");
  } catch (const ClientError& e) {
    CHECK(e.error().code() == Errc::pipeline_not_running);
    CHECK(std::string(e.what()).starts_with("Client has already been shut down."));
  }
  client.shutdown();  // There is nothing left to do.
  CHECK(service.transport.dials() == 1);
}

TEST_CASE("Provisioning: a second registration while one is under way is refused") {
  ProvisioningService service;
  const auto first = service.begin();
  const auto second = service.begin();
  CHECK(second.error().code() == Errc::operation_error);
  CHECK(text_of(second.error()).find("under way") != std::string::npos);
  CHECK_FALSE(first.done());
}

TEST_CASE("Provisioning: after a failure the same client may register again") {
  ProvisioningService service;
  service.answers = {{401, R"({"errorCode": 401002, "message": "Unauthorized"})"},
                     assigned_to("hub1")};
  const auto failed = service.begin();
  CHECK(failed.error().code() == Errc::service);
  CHECK(failed.error().service_status() == 401);
  CHECK(service.begin().succeeded());
  CHECK(service.transport.dials() == 1);
  CHECK(service.transport.subscribed().size() == 1);
}

TEST_CASE("Provisioning: a registration has the timeout of its call, else that of the client") {
  ProvisioningService service({.operation_timeout = 10s});
  for (const detail::Timeout timeout : {detail::Timeout(3s), detail::Timeout()}) {
    const auto call = service.begin(timeout);
    service.advance(timeout.value_or(10s) - 1ms);
    CHECK_FALSE(call.done());
    service.advance(1ms);
    CHECK(call.error().code() == Errc::timed_out);
  }
  service.answers = {assigned_to("hub1")};
  CHECK(service.begin().succeeded());
}

TEST_CASE(
    "Provisioning: what cannot be read or lacks a part is a ServiceError that says what came") {
  const auto told = [](ServiceAnswer answer) {
    ProvisioningService service;
    service.answers = {assigning(), std::move(answer)};
    const auto call = service.begin();
    service.advance(2s);
    CHECK(call.error().code() == Errc::service);
    return text_of(call.error());
  };
  const auto has = [](const std::string& text, std::string_view part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(told({200, "{"}), "its body is not JSON at byte 1: a member's name was expected: \"{\"");
  has(told({200, "<html>not here</html>"}), ": \"<html>not here</html>\"");
  has(told({200, ""}), ": \"\"");
  has(told({200, "[1]"}), "its body is no JSON object: \"[1]\"");
  has(told({200, R"({"status": "assigned", "registrationState": "x"})"}),
      "its registrationState is no object: \"x\"");
  has(told({200, R"({"status": "assigned", "registrationState": {"deviceId": 3}})"}),
      "its deviceId is no text: 3");
  has(told({200, R"({"status": "assigned", "registrationState": {"deviceId": {"key": "s"}}})"}),
      "its deviceId is no text: an object");
  has(told({200,
            R"({"status": "assigned", "registrationState": ")" + std::string(60, 'x') + R"("})"}),
      "its registrationState is no object: \"" + std::string(40, 'x') + "\"");
  has(told({200, R"({"status": "disabled"})"}), "invalid registration status \"disabled\"");
  has(told(assigning("soon")), "its retry-after is no number of seconds: \"soon\"");
  has(told({200, R"({"status": "assigned", "registrationState": {"deviceId": "d"}})"}),
      "it sent deviceId \"d\" without assignedHub, substatus");
  has(told({200, R"({"status": "assigned", "registrationState": {"deviceId": "a\nb)" +
                     std::string(300, 'x') + R"("}})"}),
      R"(it sent deviceId "a\nb)" + std::string(197, 'x') + "\" without");
  has(told({200, R"({"status": "assigned", "registrationState": {}})"}), "it sent nothing of it");
  has(told({200, R"({"status": "failed", "registrationState":
                     {"errorCode": 400207, "errorMessage": "Custom allocation failed"}})"}),
      "400207, \"Custom allocation failed\"");
  has(told({404, R"({"errorCode": 404201, "message": "no enrollment", "trackingId": "t-1"})"}),
      "404201, \"no enrollment\", tracking id \"t-1\"");
}

TEST_CASE(
    "Provisioning: a link that is lost while the service is at it does not lose its answers") {
  ProvisioningService service;
  service.answers = {assigning(), assigned_to("hub1")};
  const auto call = service.begin();
  service.transport.drop();
  service.advance(1s);
  CHECK(service.transport.dials() == 2);
  CHECK(service.transport.subscribed().size() == 2);  // The session was lost.
  service.advance(1s);
  CHECK(call.succeeded());
}

TEST_CASE("Provisioning: a request that got lost ends with a ServiceError after half a minute") {
  ProvisioningService service;
  service.answers = {kSilence};
  const auto call = service.begin();
  service.transport.drop();
  service.advance(30s);
  CHECK(call.error().code() == Errc::service);
  CHECK(text_of(call.error()).find("timed out") != std::string::npos);
}

TEST_CASE("Provisioning: a link that is lost for good ends a registration with what prevents it") {
  for (const bool asked : {true, false}) {  // Whether an answer is due when the link is lost.
    CAPTURE(asked);
    ProvisioningService service;
    if (!asked) service.answers = {assigning()};
    const auto call = service.begin();
    service.transport.otherwise = refuse;
    service.transport.drop();
    service.advance(30s);
    CHECK(call.error().code() == (asked ? Errc::service : Errc::connection_failed));
    CHECK(text_of(call.error()).find(asked ? "timed out" : "Could not connect") !=
          std::string::npos);
    service.transport.otherwise = accept;
    service.answers = {assigned_to("hub1")};
    CHECK(service.begin().succeeded());
  }
}

TEST_CASE("Provisioning: a link that is lost before it is noticed is a lost link to the caller") {
  ProvisioningService service;
  service.transport.fail_calls({Error(Errc::no_connection, "there is none")});
  const auto call = service.begin();
  CHECK(call.error().code() == Errc::connection_dropped);
  CHECK(text_of(call.error())
            .starts_with("Lost connection to the provisioning service. Register again. ["));
  service.answers = {assigned_to("hub1")};
  CHECK(service.begin().succeeded());
}

TEST_CASE("Provisioning: shutdown overtakes a registration in any state") {
  const auto ends = [](ProvisioningService& service) {
    const auto call = service.begin();
    Call<void> shutdown;
    service.core->start_shutdown(shutdown.completion());
    service.advance(detail::ClientCore::kShutdownLimit);
    CHECK(call.error().code() == Errc::operation_cancelled);
    CHECK(shutdown.succeeded());
    CHECK(service.loop->pending_timers() == 0);
  };
  ProvisioningService connecting;
  connecting.transport.script({stall});
  ends(connecting);
  ProvisioningService waiting;
  ends(waiting);
  ProvisioningService between_polls;
  between_polls.answers = {assigning()};
  ends(between_polls);
  ProvisioningService silent;
  silent.transport.silent_disconnect = true;
  ends(silent);
}

TEST_CASE("Provisioning: a client that is dropped ends by itself") {
  ProvisioningService service;
  const auto call = service.begin();
  { ProvisioningDeviceClient client(std::move(service.core)); }
  service.loop->run_posted();
  CHECK(call.error().code() == Errc::operation_cancelled);
  CHECK(service.transport.disconnects() == 1);
}

TEST_CASE("Provisioning: errors speak of the provisioning service") {
  ProvisioningService service;
  service.transport.script({refuse, refuse_with(Errc::unauthorized)});
  CHECK(text_of(service.begin().error()).starts_with("Could not connect to the provisioning "));
  CHECK(text_of(service.begin().error()).starts_with("Credentials invalid, could not connect to "));
  ProvisioningDeviceClient client(service.core);
  service.transport.script({refuse});
  CHECK_THROWS_AS(client.register_device(), ConnectionFailedError);
}

TEST_CASE("Provisioning: an argument that breaks its rule is refused, and named") {
  const auto made = [](std::string_view host, std::string_view id, std::string_view scope,
                       std::string_view key, ProvisioningSymmetricKeyOptions options = {}) {
    options.event_loop = std::make_shared<ManualLoop>();
    return refusal_of([&] {
      ProvisioningDeviceClient::create_from_symmetric_key(host, id, scope, key, options);
    });
  };
  CHECK(made("h", "r", "s", kTestKey) == "");
  CHECK(made("", "r", "s", kTestKey) == "provisioning_host: must not be empty");
  CHECK(made("h", "", "s", kTestKey) == "registration_id: must not be empty or blank");
  CHECK(made("h", " \t\n", "s", kTestKey) == "registration_id: must not be empty or blank");
  CHECK(made("h", "\xc2\xa0\u2003", "s", kTestKey) ==
        "registration_id: must not be empty or blank");
  CHECK(made("h", "r", "s", "YQ") != "");  // The padding is missing.
  CHECK(made("h", "r", "s", kTestKey, {.keep_alive = 0s}).starts_with("keep_alive: "));
  CHECK(made("h", "r", "s", kTestKey, {.operation_timeout = -1ms}).starts_with("operation_tim"));
  CHECK(made("h", "r", "s", kTestKey, {.server_verification_cert = "/no/file"})
            .starts_with("server_verification_cert: "));
  ProvisioningService service;
  CHECK(refusal_of([&] { service.begin(-1ms); }).starts_with("timeout: must not be negative"));
}

TEST_CASE("Provisioning: what no service will accept is taken as in Python, and warned of") {
  LogListener log(LogLevel::warning);
  const auto loop = std::make_shared<ManualLoop>();
  CHECK_NOTHROW(ProvisioningDeviceClient::create_from_symmetric_key(
      "h", "reg1", "", "",
      {.sastoken_ttl = 0s,
       .proxy_options = ProxyOptions{.address = "proxy.test", .port = 1, .username = "me"},
       .event_loop = loop}));
  CHECK(log.records.size() == 4);
  for (const std::string_view word :
       {"id_scope", "proxy_options", "symmetric_key", "sastoken_ttl"}) {
    CAPTURE(word);
    CHECK(std::any_of(log.records.begin(), log.records.end(), [&](const std::string& record) {
      return record.starts_with("warning|Client|reg1|" + std::string(word));
    }));
  }
}

TEST_CASE(
    "Provisioning: a certificate takes the place of the key, and makes the hub's client too") {
  X509 x509 = x509_of(make_server_certificate({.alternative_names = {}, .common_name = "reg1"}));
  FakeProvisioningService service;
  const auto loop = std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
  service.answers = {assigned_to("hub1.test")};
  ProvisioningDeviceClient client(detail::ProvisioningClientCore::create(
      detail::config_from_x509_certificate("dps.test", "reg1", "scope1", x509,
                                           {.event_loop = loop}),
      service.transport.factory()));
  const RegistrationResult result = client.register_device();
  CHECK_FALSE(service.transport.passwords().at(0));
  CHECK(refusal_of([&] { create_device_client(result, x509, {.event_loop = loop}); }) == "");
  x509.key = "/no/file";
  CHECK(refusal_of([&] {
          ProvisioningDeviceClient::create_from_x509_certificate("h", "r", "s", x509,
                                                                 {.event_loop = loop});
        }) != "");
}

TEST_CASE("Provisioning: a stage of the application's own may stand in the chain") {
  class Counter final : public Stage {
   public:
    explicit Counter(int& count) : count_(count) {}
    std::string_view name() const override { return "Counter"; }
    void run_op(OpPtr op) override {
      ++count_;
      send_op_down(std::move(op));
    }

   private:
    int& count_;
  };
  int count = 0;
  ProvisioningService service(
      {.stages = {before("RegistrationStage", [&] { return std::make_unique<Counter>(count); })}});
  CHECK(count == 1);  // The operation that initializes the chain.
  CHECK(refusal_of([] {
          ProvisioningService other(
              {.stages = {before("NoStage", [] { return std::unique_ptr<Stage>(); })}});
        }).starts_with("stages: each needs a function"));
}

}  // namespace
}  // namespace azure::iot::device::test
