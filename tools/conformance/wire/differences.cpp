#include "tools/conformance/wire/differences.hpp"

#include <algorithm>

#include "iothub/limits.hpp"
#include "iothub/models/method_response.hpp"
#include "iothub/mqtt_topic_iothub.hpp"
#include "pipeline/mqtt_limits.hpp"
#include "tools/conformance/python_errors.hpp"
#include "tools/conformance/wire/connection_rules.hpp"
#include "tools/conformance/wire/evidence.hpp"
#include "tools/conformance/wire/outcome.hpp"
#include "tools/conformance/wire/packets.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

using Kind = Deviation::Kind;

constexpr std::string_view kPatchHandler = "on_twin_desired_properties_patch_received";

bool accepted(const Situation& situation, std::string_view name) {
  return situation.accepted.contains(name);
}

bool unreadable_content(const Situation&, const Deviation& deviation) {
  if (deviation.kind == Kind::outcome) {
    return deviation.expected.contains("blocked") &&
           (fails_with_code(deviation, "bad_content") ||
            (fails_with(deviation, "ServiceError") && fails_because_of(deviation, "bad_content")));
  }
  if (deviation.kind != Kind::event || !reports_code(deviation, "bad_content")) return false;
  const Json& recorded = recorded_exception(deviation);
  // Over a callback that raises, Python reports an error of its pipeline.
  return recorded.is_object() && member(recorded, "layer") != Json("transport") &&
         member(recorded, "layer") != Json("public");
}

bool service_error(const Situation&, const Deviation& deviation) {
  return deviation.kind == Kind::outcome && fails_with(deviation, "ServiceError") &&
         member(member(recorded_error(deviation), "cause"), "type") == Json("ServiceError");
}

bool refusal_is_final(const Situation& situation, const Deviation& deviation) {
  if (!refuses_registration(situation.vector)) return false;
  if (deviation.kind == Kind::outcome) {
    return calls(step_of(situation, deviation), "register") &&
           fails_with(deviation, "ServiceError");
  }
  // The requests with which Python continues.
  return accepted(situation, "refusal-is-final") && is_missing(deviation) &&
         (is_packet(deviation, "DISCONNECT") ||
          (is_packet(deviation, "PUBLISH") &&
           topic_of(deviation).starts_with("$dps/registrations/")));
}

bool public_error(const Situation&, const Deviation& deviation) {
  const Json& recorded = recorded_error(deviation);
  if (deviation.kind != Kind::outcome || !recorded.is_object()) return false;
  const std::string& layer = recorded["layer"].as_string();
  if (layer == "builtin") return fails_with_code(deviation, "protocol_client");
  const auto code = errc_of(recorded["type"].as_string());
  return layer != "public" && code && fails_with_code(deviation, to_string(*code));
}

bool token_for_no_hub(const Situation&, const Deviation& deviation) {
  return is_extra(deviation) && refuses_argument(deviation, "sastoken: its resource names no hub");
}

// The deviation of a second call.
bool shutdown_is_idempotent(const Situation& situation, const Deviation& deviation) {
  return deviation.kind == Kind::outcome && calls(step_of(situation, deviation), "shutdown") &&
         member(recorded_error(deviation), "type") == Json("PipelineNotRunning") &&
         deviation.actual.contains("ok");
}

// The client is created from a text that MQTT, or the service, cannot carry. Nothing happens after
// it.
bool unusable_text(const Situation& situation, const Deviation& deviation) {
  if (accepted(situation, "unusable-text")) return is_missing(deviation);
  constexpr std::string_view kRules[] = {
      "must not contain + or #", "must not contain control characters",
      "must be at most 128 characters long", "must be the name of a host alone"};
  return is_extra(deviation) && refuses_argument(deviation, "") &&
         std::any_of(std::begin(kRules), std::end(kRules), [&](std::string_view rule) {
           return refusal_text(deviation).find(rule) != std::string::npos;
         });
}

bool suback_refused(const Situation& situation, const Deviation& deviation) {
  if (!hub_does(situation.vector, "suback", "fail")) return false;
  // The request whose answer could not have come.
  if (accepted(situation, "suback-refused"))
    return is_missing(deviation) && is_twin_read(deviation);
  return deviation.kind == Kind::outcome && deviation.expected.contains("ok") &&
         fails_with_code(deviation, "protocol_client");
}

bool speaks_older_protocol(const Json& packet) {
  return packet["packet"] == Json("CONNECT") && packet["protocol_level"] == Json(3);
}

// Whether a packet was recorded on a connection that spoke the older protocol.
bool belongs_to_older_protocol(const Vector& vector, const Json& packet) {
  return std::any_of(vector.wire.begin(), vector.wire.end(), [&](const Json& connect) {
    return speaks_older_protocol(connect) && connect["conn"] == packet["conn"];
  });
}

bool protocol_level(const Situation& situation, const Deviation& deviation) {
  const auto& wire = situation.vector.wire;
  if (std::none_of(wire.begin(), wire.end(), speaks_older_protocol)) return false;
  switch (deviation.kind) {
    case Kind::packet:
      return is_missing(deviation) &&
             belongs_to_older_protocol(situation.vector, deviation.expected);
    case Kind::dial: return is_missing(deviation);
    case Kind::event: return is_extra(deviation) && reports_code(deviation, "protocol_client");
    case Kind::outcome:
      return calls(step_of(situation, deviation), "read_connected") ||
             fails_with_code(deviation, "protocol_client");
    default: return false;
  }
}

bool connect_deadline(const Situation& situation, const Deviation& deviation) {
  if (!hub_does(situation.vector, "connack", "silent")) return false;
  if (is_packet(deviation, "DISCONNECT")) return is_missing(deviation);
  return deviation.kind == Kind::outcome && fails_with_code(deviation, "connection_failed") &&
         member(recorded_error(deviation), "type") == Json("OperationTimeout");
}

// Whether the same CONNECT is on the other side, with the other keep-alive.
bool keep_alive_minimum(const Situation& situation, const Deviation& deviation) {
  if (!is_packet(deviation, "CONNECT")) return false;
  const auto raised = [](const Deviation& recorded, const Deviation& actual) {
    constexpr int kMinimum = 5;
    if (!is_missing(recorded) || !is_extra(actual)) return false;
    const auto keep_alive = member(recorded.expected, "keep_alive").get_if<int>();
    if (!keep_alive || *keep_alive >= kMinimum) return false;
    Json packet = recorded.expected;
    packet.set("keep_alive", kMinimum);
    return same_packet(packet, actual.actual);
  };
  return std::any_of(situation.all.begin(), situation.all.end(), [&](const Deviation& other) {
    return is_packet(other, "CONNECT") && (raised(deviation, other) || raised(other, deviation));
  });
}

// Whether the recording has a send of that payload which failed without a connection, or was
// cancelled.
bool failed_send(const Vector& vector, const std::string& payload) {
  const auto fails = [](const Json& step) {
    const Json& type = member(member(member(step, "expect"), "error"), "type");
    return type == Json("NoConnectionError") || type == Json("OperationCancelled");
  };
  for (const Json& step : vector.steps) {
    if (!calls(step, "send_message") && !calls(step, "send_message_to_output")) continue;
    if (to_message(step["message"]).data != payload) continue;
    if (fails(step)) return true;
    const Json& id = member(step, "async");
    if (std::any_of(vector.steps.begin(), vector.steps.end(), [&](const Json& other) {
          return !id.is_null() && member(other, "join") == id && fails(other);
        })) {
      return true;
    }
  }
  return false;
}

bool failed_is_not_sent(const Situation& situation, const Deviation& deviation) {
  return is_packet(deviation, "PUBLISH") && is_missing(deviation) &&
         deviation.expected.contains("payload_b64") &&
         failed_send(situation.vector, payload_of(deviation.expected));
}

bool proxy_reaches_nobody(const Situation&, const Deviation& deviation) {
  if (deviation.kind != Kind::outcome || !fails_with_code(deviation, "connection_failed")) {
    return false;
  }
  const Json& cause = member(member(recorded_error(deviation), "cause"), "cause");
  if (member(cause, "type") == Json("ProxyConnectionError")) return true;
  // The answers of SOCKS5, SOCKS4 and HTTP for a target that they cannot reach.
  constexpr std::string_view kAnswers[] = {"0x01", "0x03", "0x04", "0x05", "0x06",
                                           "0x5b", "500",  "502",  "503",  "504"};
  const auto* const message = member(cause, "message").get_if<std::string>();
  return message &&
         std::any_of(std::begin(kAnswers), std::end(kAnswers), [&](std::string_view answer) {
           return message->starts_with("Socket error: " + std::string(answer) + ':');
         });
}

bool late_answer(const Situation& situation, const Deviation& deviation) {
  if (deviation.kind == Kind::outcome) {
    return is_late_refusal(recorded_error(deviation)) && deviation.actual.contains("ok");
  }
  if (deviation.kind == Kind::event) {
    return is_missing(deviation) && is_late_refusal(recorded_exception(deviation));
  }
  // The packet that could be sent after all.
  return accepted(situation, "late-answer") && is_extra(deviation) &&
         is_packet(deviation, "PUBLISH");
}

bool reported_once(const Situation& situation, const Deviation& deviation) {
  // Python reports twice that an attempt was refused, or that a link fell silent.
  if (!refuses_somebody(situation.vector) && !hub_does(situation.vector, "pingresp", "none")) {
    return false;
  }
  return deviation.kind == Kind::event && is_missing(deviation) &&
         deviation.step == static_cast<int>(situation.vector.steps.size()) &&
         is_about(deviation.expected, "on_background_exception");
}

bool token_event_is_kept(const Situation&, const Deviation& deviation) {
  return deviation.kind == Kind::event && is_extra(deviation) &&
         is_about(deviation.actual, "on_new_sastoken_required");
}

bool early_is_kept(const Situation& situation, const Deviation& deviation) {
  if (deviation.kind != Kind::event || !is_extra(deviation)) return false;
  const std::string& handler = deviation.actual["handler"].as_string();
  if (handler != "on_message_received" && handler != "on_method_request_received") return false;
  // Whether a message came before there was a handler.
  for (const Json& step : situation.vector.steps) {
    if (member(step, "hub") == Json("publish")) return true;
    if (calls(step, "set_handler") && is_about(step, handler)) return false;
  }
  return false;
}

bool asks_for_patches(const Json& step) {
  return calls(step, "receive_twin_patch") ||
         (calls(step, "set_handler") && is_about(step, kPatchHandler));
}

// The desired properties that a read of the twin delivers to the handler, or the call, for patches.
bool brings_desired_properties(const Situation& situation, const Deviation& deviation) {
  const Json& desired = member(member(situation.vector.hub, "twin"), "desired");
  if (deviation.kind == Kind::event) {
    return is_extra(deviation) && is_about(deviation.actual, kPatchHandler) &&
           (desired.is_null() || member(deviation.actual, "patch") == desired);
  }
  return deviation.kind == Kind::outcome && member(deviation.expected, "result").is_null() &&
         calls(step_of(situation, deviation), "receive_twin_patch") &&
         member(deviation.actual, "result").is_object();
}

bool twin_first(const Situation& situation, const Deviation& deviation) {
  if (accepted(situation, "twin-first")) {
    // The twin is subscribed already, and reads of it are answered.
    if (is_twin_subscribe(deviation)) return is_missing(deviation);
    return is_twin_read(deviation) || brings_desired_properties(situation, deviation);
  }
  return is_twin_subscribe(deviation) && is_extra(deviation) &&
         asks_for_patches(step_of(situation, deviation));
}

bool versions_are_ordered(const Situation& situation, const Deviation& deviation) {
  const bool zero = std::any_of(situation.vector.steps.begin(), situation.vector.steps.end(),
                                [](const Json& step) {
                                  const Json& patch = member(member(step, "expect_event"), "patch");
                                  return member(patch, "$version") == Json(0);
                                });
  if (!zero) return false;
  return (is_extra(deviation) && is_twin_read(deviation)) ||
         brings_desired_properties(situation, deviation);
}

// Whether a step sends content that the hub, or MQTT, is known to refuse.
bool breaks_limits(const Json& step) {
  try {
    if (calls(step, "patch_reported")) {
      return static_cast<bool>(
          iothub_limits::check_reported_patch(to_document("patch", step["patch"])));
    }
    if (calls(step, "send_message") || calls(step, "send_message_to_output")) {
      const Message message = to_message(step["message"]);
      return mqtt_topic_iothub::get_encoded_properties_size(message) > kMqttTextSizeLimit;
    }
    return calls(step, "send_method_response") &&
           iothub_limits::check_method_response({to_text("request_id", step["request_id"]), 200,
                                                 to_document("payload", member(step, "payload"))});
  } catch (const CompileTimeRefusal&) {
    return false;
  }
}

bool refused_here_first(const Situation& situation, const Deviation& deviation) {
  if (!breaks_limits(step_of(situation, deviation))) return false;
  if (deviation.kind == Kind::outcome) {
    const bool taken =
        deviation.expected.contains("ok") ||
        member(member(recorded_error(deviation), "cause"), "type") == Json("ValueError");
    return taken && fails_with(deviation, "invalid_argument");
  }
  // The refused call may be the one that would have connected.
  if (deviation.kind == Kind::dial) return is_missing(deviation);
  return is_missing(deviation) && (is_packet(deviation, "PUBLISH") ||
                                   is_packet(deviation, "CONNECT") || is_twin_subscribe(deviation));
}

constexpr std::string_view kTheRest = "everything else";
constexpr std::string_view kUnlessTwin =
    "everything but reads of the twin and the desired properties that they return";

constexpr std::string_view kTransport = "pipeline/mqtt_transport.hpp";
constexpr std::string_view kTransportStage = "pipeline/stages/mqtt_transport_stage.hpp";
constexpr std::string_view kRetryStage = "pipeline/stages/connection_retry_stage.hpp";
constexpr std::string_view kTranslationStage = "iothub/stages/iothub_mqtt_translation_stage.hpp";
constexpr std::string_view kExceptions = "clients/exceptions.hpp";
constexpr std::string_view kClient = "clients/iothub_client.hpp";
constexpr std::string_view kOptions = "clients/client_options.hpp";

constexpr Difference kDifferences[] = {
    {"token-for-no-hub", "clients/iothub_device_client.hpp",
     "a client is created from a token whose resource names no hub",
     "that the refusal names the argument",
     "It could never connect, so the mistake is reported on creation.", &token_for_no_hub},
    {"unusable-text", kOptions,
     "a client is created with an id that has + or #, a control character or more than 128 "
     "characters, or with a host name that is more than a name",
     "that the refusal names the argument and its rule",
     "Python fails at the first send, or tries to connect for ever.", &unusable_text},
    {"unreadable-content", kTranslationStage,
     "a body or a topic of the service cannot be read, or lacks a part that it always has",
     kTheRest,
     "The call fails, or a handler is called, with an error that names the unreadable part.",
     &unreadable_content},
    {"service-error", kExceptions, "the service answers with an error status", kTheRest,
     "A ServiceError carries the status, on which the next step depends.", &service_error},
    {"refusal-is-final", "provisioning/registration_answer.hpp",
     "the provisioning service refuses a request with 430 to 499",
     "that the registration fails with a ServiceError; everything but its other requests and the "
     "disconnect after a success",
     "The service would refuse the next request too; only 429 and 5xx are temporary.",
     &refusal_is_final,
     "WireReplay: a refusal that Python asks about again may end a registration"},
    {"public-error", kExceptions, "an internal error of Python leaves a public call",
     "that it is the public error for the same reason, and everything else",
     "Callers only need to know the documented errors.", &public_error},
    {"shutdown-is-idempotent", kClient, "a client is shut down a second time", kTheRest,
     "The client is in the requested state already; a second cleanup is no error.",
     &shutdown_is_idempotent},
    {"suback-refused", kTransportStage, "the service refuses a subscription", kTheRest,
     "The caller learns that no message will come.", &suback_refused},
    {"protocol-level", kTransport, "the service refuses MQTT 3.1.1 (CONNACK 1)",
     "all but the connection that Python makes with MQTT 3.1",
     "A server that refuses the protocol is no hub; falling back to an older one would hide that.",
     &protocol_level},
    {"connect-deadline", kTransport, "no CONNACK comes",
     "that the attempt ends, and everything after it",
     "An attempt has half a minute, and then fails like any other that made no connection.",
     &connect_deadline},
    {"keep-alive-minimum", kOptions, "a keep-alive of 1 to 4 s is requested",
     "everything else in the CONNECT, and all other packets",
     "libmosquitto has a minimum of 5 s; a warning is logged.", &keep_alive_minimum},
    {"failed-is-not-sent", kTransport,
     "Python sends a message whose call has failed or was "
     "cancelled",
     kTheRest,
     "A caller whose call failed sends again, so the hub would receive the message twice.",
     &failed_is_not_sent},
    {"proxy-reaches-nobody", kExceptions,
     "the proxy cannot be reached, or reports that it cannot reach the hub",
     "that the call fails, and everything else",
     "It is a failed connection like any other: the client redials, and connects once proxy and "
     "hub are back.",
     &proxy_reaches_nobody},
    {"late-answer", kTransport, "the end of a refused attempt is taken for that of the next one",
     kTheRest, "The answer to an attempt that has ended is ignored.", &late_answer},
    {"reported-once", kTransportStage,
     "Python reports a second time that the hub refused a connect, or did not answer a ping",
     kTheRest, "A failure is reported once.", &reported_once},
    {"token-event-is-kept", kClient, "a new token is required before its handler is set", kTheRest,
     "Otherwise no new token would be made, and the connection would end with the old one.",
     &token_event_is_kept},
    {"early-is-kept", "iothub/inbox_manager.hpp", "a message comes before its handler is set",
     kTheRest, "It has been acknowledged: if it were not delivered now, it would be lost.",
     &early_is_kept},
    {"twin-first", "clients/detail/hub_client_core.hpp",
     "a handler of desired properties is set before the twin is enabled", kUnlessTwin,
     "The twin is subscribed first, so that the first read of the twin can be answered.",
     &twin_first},
    {"versions-are-ordered", "iothub/stages/ensure_desired_properties_stage.hpp",
     "desired properties have the version 0", kUnlessTwin, "Version 0 is a version.",
     &versions_are_ordered},
    {"failure-is-shared", kRetryStage,
     "an attempt to connect fails while several calls wait for it; Python dials again for each",
     "everything but the outcome of the calls that wait, and the consequences of later attempts",
     "Operations that wait for one attempt share its outcome.", &failure_is_shared},
    {"giving-up-is-reported", kRetryStage, "a link is lost while connection_retry is off", kTheRest,
     "A background exception reports that the link is not redialled.", &giving_up_is_reported},
    {"refused-here-first", kTranslationStage,
     "a patch, a method response or a topic breaks a documented limit of the service or of MQTT",
     "that the call fails as a bad argument; everything but its packets and its connect",
     "The hub would end the connection over it, and again after each reconnect.",
     &refused_here_first},
};

const Difference* find_difference(const Situation& situation, const Deviation& deviation) {
  for (const Difference& difference : kDifferences) {
    if (difference.explains(situation, deviation)) return &difference;
  }
  return nullptr;
}

}  // namespace

std::span<const Difference> differences() { return kDifferences; }

std::set<std::string_view> explain(const Vector& vector, std::vector<Deviation>& deviations) {
  std::set<std::string_view> accepted;
  const std::vector<Deviation> all = deviations;
  // A difference that is accepted later may explain a deviation that stands earlier.
  for (std::size_t before = deviations.size() + 1; deviations.size() < before;) {
    before = deviations.size();
    std::erase_if(deviations, [&](const Deviation& deviation) {
      const Difference* found = find_difference({vector, all, accepted}, deviation);
      if (found) accepted.insert(found->name);
      return found != nullptr;
    });
  }
  return accepted;
}

}  // namespace azure::iot::device::conformance::wire
