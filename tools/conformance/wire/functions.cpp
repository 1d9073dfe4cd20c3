#include "tools/conformance/wire/functions.hpp"

#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <utility>

#include "clients/detail/client_config.hpp"
#include "clients/detail/provisioning_client_config.hpp"
#include "iothub/mqtt_topic_iothub.hpp"
#include "iothub/sas_uri.hpp"
#include "iothub/user_agent.hpp"
#include "pipeline/auth/connection_string.hpp"
#include "pipeline/auth/sastoken.hpp"
#include "pipeline/auth/symmetric_key.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/text/url.hpp"
#include "provisioning/models/registration_result.hpp"
#include "provisioning/mqtt_topic_provisioning.hpp"
#include "provisioning/user_agent.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

namespace hub = mqtt_topic_iothub;
namespace dps = mqtt_topic_provisioning;

using Function = Json (*)(const Json& in);

// Thrown where Python raises an error, as std::invalid_argument is.
struct Refused : std::runtime_error {
  explicit Refused(const Error& error) : std::runtime_error(error.describe()) {}
};

template <class T>
T value_of(Result<T> result) {
  if (!result) throw Refused(result.error());
  return *std::move(result);
}

// The functions here take an empty text where Python takes None.
std::string text_or_empty(const Json& value) { return value.is_null() ? "" : value.as_string(); }

WallTime time_from(double seconds) {
  return WallTime(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
}

PlatformInfo platform_from(const Json& in) {
  return {in["runtime"].as_string(), in["os_type"].as_string(), in["os_release"].as_string(),
          in["architecture"].as_string()};
}

std::string hub_agent(const Json& in) {
  return format_user_agent("azure-iot-device-iothub-py", "2.14.0", platform_from(in));
}

std::string dps_agent(const Json& in) {
  return format_user_agent("azure-iot-device-provisioning-py", "2.14.0", platform_from(in));
}

Json sas_token(const Json& in) {
  // A lifetime here has whole seconds. A fraction delays the moment of signing.
  double ttl = 0;
  const double rest = std::modf(in["ttl"].as_double(), &ttl);
  RenewableSasToken token(
      in["uri"].as_string(), std::make_shared<SymmetricKeySigningMechanism>(in["key"].as_string()),
      text_or_empty(in["key_name"]), std::chrono::seconds(static_cast<std::int64_t>(ttl)));
  if (Error error = token.refresh(time_from(in["now"].as_double() + rest))) throw Refused(error);
  return token.text();
}

Json parse_sas_token(const Json& in) {
  const auto token = value_of(NonRenewableSasToken::parse(in["token"].as_string()));
  return {{"resource_uri", token->resource_uri()},
          {"expiry_time", token->expiry().time_since_epoch().count()},
          {"text", token->text()}};
}

Json split_uri(const Json& in) {
  const HubSasUri uri = value_of(split_sas_uri(in["uri"].as_string()));
  return {{"hostname", uri.hostname}, {"device_id", uri.device_id}, {"module_id", uri.module_id}};
}

Json parse_connection_string(const Json& in) {
  const ConnectionString parsed(in["text"].as_string());
  Json parts = Json::object();
  for (const std::string_view name : ConnectionString::kNames) {
    if (const auto value = parsed.get(name)) parts.set(name, *value);
  }
  return parts;
}

Json decode_message_topic(const Json& in) {
  Message message;
  if (Error error = hub::extract_message_properties_from_topic(in["topic"].as_string(), message)) {
    throw Refused(error);
  }
  return describe(message);
}

Json classify(const Json& in) {
  switch (hub::classify_topic(in["topic"].as_string(), in["device_id"].as_string(),
                              text_or_empty(in["module_id"]))) {
    case HubTopic::c2d: return "c2d";
    case HubTopic::input: return "input";
    case HubTopic::methods: return "method";
    case HubTopic::twin_response: return "twin_response";
    case HubTopic::twin_patch: return "desired_patch";
    case HubTopic::unknown: break;
  }
  return nullptr;
}

Json subscribe_topics(const Json& in) {
  const std::string device_id = in["device_id"].as_string();
  return {{"c2d", hub::get_c2d_topic_for_subscribe(device_id)},
          {"input", hub::get_input_topic_for_subscribe(device_id, text_or_empty(in["module_id"]))},
          {"methods", hub::get_method_topic_for_subscribe()},
          {"twin", hub::get_twin_response_topic_for_subscribe()},
          {"twin_patches", hub::get_twin_patch_topic_for_subscribe()},
          {"dps", dps::get_register_topic_for_subscribe()}};
}

Json parse_method_topic(const Json& in) {
  const std::string topic = in["topic"].as_string();
  return {{"request_id", value_of(hub::get_method_request_id_from_topic(topic))},
          {"name", value_of(hub::get_method_name_from_topic(topic))}};
}

Json parse_twin_response_topic(const Json& in) {
  const std::string topic = in["topic"].as_string();
  return {{"request_id", value_of(hub::get_twin_request_id_from_topic(topic))},
          {"status", value_of(hub::get_twin_status_code_from_topic(topic))}};
}

Json parse_dps_response_topic(const Json& in) {
  const std::string topic = in["topic"].as_string();
  Json properties = Json::object();
  for (const auto& [name, value] :
       value_of(dps::extract_properties_from_dps_response_topic(topic))) {
    properties.set(name, value);
  }
  return {{"is_response", dps::is_dps_response_topic(topic)},
          {"properties", properties},
          {"status", value_of(dps::extract_status_code_from_dps_response_topic(topic))}};
}

Json user_agents(const Json& in) {
  return {{"iothub", hub_agent(in)},
          {"provisioning", dps_agent(in)},
          {"iothub_quoted", url::quote(hub_agent(in))},
          {"iothub_quoted_plus", url::quote_plus(hub_agent(in))},
          {"provisioning_quoted", url::quote(dps_agent(in))}};
}

Json hub_username(const Json& in) {
  const std::string client_id =
      get_hub_client_id(in["device_id"].as_string(), text_or_empty(in["module_id"]));
  return {{"client_id", client_id},
          {"username", get_hub_username(in["hostname"].as_string(), client_id, hub_agent(in),
                                        in["product_info"].as_string())}};
}

Json dps_username(const Json& in) {
  return {
      {"client_id", in["registration_id"]},
      {"username", get_provisioning_username(in["id_scope"].as_string(),
                                             in["registration_id"].as_string(), dps_agent(in))}};
}

Json datetime(const Json& in) {
  using namespace std::chrono;
  const std::string text = in["datetime"].as_string();
  int y = 0, h = 0, min = 0, s = 0, read = 0;
  unsigned mon = 0, d = 0;
  std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%d%n", &y, &mon, &d, &h, &min, &s, &read);
  std::string_view rest = std::string_view(text).substr(static_cast<std::size_t>(read));
  microseconds fraction{0};
  if (rest.starts_with('.')) {
    fraction = microseconds(std::stoi(std::string(rest.substr(1, 6))));
    rest.remove_prefix(7);
  }
  std::optional<minutes> offset;
  if (!rest.empty()) {
    offset = hours(std::stoi(std::string(rest.substr(1, 2)))) +
             minutes(std::stoi(std::string(rest.substr(4, 2))));
    if (rest.starts_with('-')) offset = -*offset;
  }
  const sys_days day{year(y) / month(mon) / std::chrono::day(d)};
  return datetime_text(
      day + hours(h) + minutes(min) + seconds(s) + fraction - offset.value_or(minutes(0)), offset);
}

// The credential of a client whose options were given.
PipelineConfig checked(const SymmetricKeyOptions& options) {
  SymmetricKeyOptions own = options;
  own.event_loop = std::make_shared<ManualLoop>();
  return detail::config_from_symmetric_key("ZmFrZQ==", "hub.example", "device", own).pipeline;
}

Json check_keep_alive(const Json& in) {
  return checked({.keep_alive = to_seconds("keep_alive", in["value"])}).keep_alive.count();
}

Json check_connection_retry_interval(const Json& in) {
  const auto interval = to_seconds("connection_retry_interval", in["value"]);
  return std::chrono::floor<std::chrono::seconds>(
             checked({.connection_retry_interval = interval}).connection_retry_interval)
      .count();
}

const std::map<std::string, Function, std::less<>> kFunctions = {
    {"sas_token", sas_token},
    {"hmac_sha256_base64",
     [](const Json& in) -> Json {
       return value_of(
           SymmetricKeySigningMechanism(in["key"].as_string()).sign(in["text"].as_string()));
     }},
    {"parse_sas_token", parse_sas_token},
    {"split_sas_uri", split_uri},
    {"hub_sas_uri",
     [](const Json& in) -> Json {
       return hub_sas_uri(in["hostname"].as_string(), in["device_id"].as_string(),
                          text_or_empty(in["module_id"]));
     }},
    {"dps_sas_uri",
     [](const Json& in) -> Json {
       return dps_sas_uri(in["id_scope"].as_string(), in["registration_id"].as_string());
     }},
    {"parse_connection_string", parse_connection_string},
    {"encode_message_topic",
     [](const Json& in) -> Json {
       return hub::encode_message_properties_in_topic(to_message(in["message"]),
                                                      in["base"].as_string());
     }},
    {"decode_message_topic", decode_message_topic},
    {"input_name_from_topic",
     [](const Json& in) -> Json {
       return value_of(hub::get_input_name_from_topic(in["topic"].as_string()));
     }},
    {"classify_topic", classify},
    {"subscribe_topics", subscribe_topics},
    {"telemetry_topic",
     [](const Json& in) -> Json {
       return hub::get_telemetry_topic_for_publish(in["device_id"].as_string(),
                                                   text_or_empty(in["module_id"]));
     }},
    {"method_response_topic",
     [](const Json& in) -> Json {
       return hub::get_method_topic_for_publish(in["request_id"].as_string(),
                                                in["status"].get_if<int>().value());
     }},
    {"parse_method_topic", parse_method_topic},
    {"parse_twin_response_topic", parse_twin_response_topic},
    {"twin_request_topic",
     [](const Json& in) -> Json {
       return hub::get_twin_topic_for_publish(in["method"].as_string(), in["location"].as_string(),
                                              in["request_id"].as_string());
     }},
    {"dps_topics",
     [](const Json& in) -> Json {
       const std::string rid = in["request_id"].as_string();
       return {{"register", dps::get_register_topic_for_publish(rid)},
               {"query", dps::get_query_topic_for_publish(rid, in["operation_id"].as_string())}};
     }},
    {"parse_dps_response_topic", parse_dps_response_topic},
    {"validate_registration_id",
     [](const Json& in) -> Json {
       const Json& id = in["registration_id"];
       // None is no text; Python refuses it like an empty one.
       detail::check_registration_id(id.is_null() ? "" : to_text("registration_id", id));
       return nullptr;
     }},
    {"registration_state_response_payload",
     [](const Json& in) -> Json {
       const Json answer{{"status", "assigned"}, {"registrationState", in}};
       const RegistrationResult result = *read_registration_result(answer);
       return result.registration_state->response_payload.dump_sorted();
     }},
    {"user_agent", user_agents},
    {"hub_username", hub_username},
    {"dps_username", dps_username},
    {"url_quote",
     [](const Json& in) -> Json {
       return {{"quote", url::quote(in["text"].as_string())},
               {"quote_plus", url::quote_plus(in["text"].as_string())}};
     }},
    {"url_unquote", [](const Json& in) -> Json { return url::unquote(in["text"].as_string()); }},
    {"json_text",
     [](const Json& in) -> Json {
       return {{"plain", in["value"].dump()}, {"sorted", in["value"].dump_sorted()}};
     }},
    {"datetime_text", datetime},
    {"check_cipher",
     [](const Json& in) -> Json { return to_cipher("cipher", in["value"]).text(); }},
    {"check_keep_alive", check_keep_alive},
    {"check_connection_retry_interval", check_connection_retry_interval},
};

// Topics to which the other functions belong.
const std::map<std::string, const char*, std::less<>> kMissing = {
    {"message_size", "the size of Python's objects"},
    {"http_paths", "HTTP"},
    {"http_error_text", "HTTP"},
    {"http_proxies", "HTTP"},
    {"edge_workload_uri", "Edge environment"},
};

// Only the members that the recording has.
bool same_result(const Json& recorded, const Json& actual) {
  if (!recorded.is_object() || !actual.is_object()) {
    return recorded.dump_sorted() == actual.dump_sorted();
  }
  for (const JsonMember& each : recorded.members()) {
    // Decided where the transport is made, not by these functions.
    if (each.name == "connect_to") continue;
    const Json* other = actual.find(each.name);
    if (!other || other->dump_sorted() != each.value.dump_sorted()) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> missing_feature(const FunctionVector& vector) {
  const auto missing = kMissing.find(vector.fn);
  if (missing == kMissing.end()) return std::nullopt;
  return missing->second;
}

Replayed replay(const FunctionVector& vector) {
  const auto function = kFunctions.find(vector.fn);
  if (function == kFunctions.end()) {
    throw std::invalid_argument("fn: the replayer does not know the function " + vector.fn);
  }
  Replayed replayed;
  const auto deviates = [&](Json actual) {
    const Json recorded = vector.error.is_null() ? vector.out : Json{{"error", vector.error}};
    replayed.deviations.push_back({Deviation::Kind::result, -1, recorded, std::move(actual)});
  };
  const auto refused = [&](const char* why) {
    if (vector.error.is_null()) deviates({{"error", why}});
  };
  try {
    const Json out = function->second(vector.in);
    if (!vector.error.is_null() || !same_result(vector.out, out)) deviates(out);
  } catch (const CompileTimeRefusal& e) {
    replayed.compile_time = e.what();
  } catch (const Refused& e) {
    refused(e.what());
  } catch (const std::invalid_argument& e) {
    refused(e.what());
  }
  return replayed;
}

}  // namespace azure::iot::device::conformance::wire
