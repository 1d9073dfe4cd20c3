#include "operations.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "iothub/iothub_operations.hpp"
#include "models.hpp"
#include "pipeline/operations.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

std::string text(const Json& fields, std::string_view name) {
  const Json* value = fields.find(name);
  return value ? to_bytes(*value) : std::string();
}

std::optional<std::string> optional_text(const Json& fields, std::string_view name) {
  const Json* value = fields.find(name);
  if (!value || value->is_null()) return std::nullopt;
  return to_bytes(*value);
}

Json optional_value(const std::optional<std::string>& value) {
  return value ? to_value(*value) : Json();
}

Request to_request(const Json& fields) {
  return {.request_type = text(fields, "request_type"),
          .method = text(fields, "method"),
          .resource_location = text(fields, "resource_location"),
          .body = text(fields, "request_body"),
          .query_params = optional_text(fields, "query_params")};
}

void describe_request(const Request& request, Json& to) {
  to.set("request_type", request.request_type);
  to.set("method", request.method);
  to.set("resource_location", request.resource_location);
  to.set("request_body", to_value(request.body));
  to.set("query_params", optional_value(request.query_params));
}

// One entry of the table below: how a type of operation is made, and told. The default of each is
// to have no fields and no results.
template <class T>
struct Codec {
  static Owned<T> make(const Json&) { return make_op<T>(); }
  static void describe(const T&, Json&) {}
  static void set_results(T&, const Json&) {}
  static void add_results(const T&, bool, Json&) {}
};

template <class T>
struct WithoutResults {
  static void set_results(T&, const Json&) {}
  static void add_results(const T&, bool, Json&) {}
};

template <>
struct Codec<ArbitraryOperation> : WithoutResults<ArbitraryOperation> {
  static Owned<ArbitraryOperation> make(const Json& fields) {
    auto op = make_op<ArbitraryOperation>();
    const Json* needs_connection = fields.find("needs_connection");
    op->needs_connection = needs_connection && needs_connection->as_bool();
    return op;
  }
  static void describe(const ArbitraryOperation& op, Json& to) {
    if (op.needs_connection) to.set("needs_connection", true);
  }
};

template <>
struct Codec<InitializePipelineOperation> : WithoutResults<InitializePipelineOperation> {
  static Owned<InitializePipelineOperation> make(const Json& fields) {
    auto op = make_op<InitializePipelineOperation>();
    op->client_id = text(fields, "client_id");
    op->username = text(fields, "username");
    return op;
  }
  static void describe(const InitializePipelineOperation& op, Json& to) {
    to.set("client_id", op.client_id);
    to.set("username", op.username);
  }
};

template <>
struct Codec<DisconnectOperation> : WithoutResults<DisconnectOperation> {
  static Owned<DisconnectOperation> make(const Json& fields) {
    auto op = make_op<DisconnectOperation>();
    const Json* hard = fields.find("hard");
    op->hard = !hard || hard->as_bool();
    return op;
  }
  static void describe(const DisconnectOperation& op, Json& to) { to.set("hard", op.hard); }
};

template <class T>
struct FeatureCodec : WithoutResults<T> {
  static Owned<T> make(const Json& fields) { return make_op<T>(text(fields, "feature_name")); }
  static void describe(const T& op, Json& to) { to.set("feature_name", op.feature_name); }
};
template <>
struct Codec<EnableFeatureOperation> : FeatureCodec<EnableFeatureOperation> {};
template <>
struct Codec<DisableFeatureOperation> : FeatureCodec<DisableFeatureOperation> {};

template <>
struct Codec<RequestAndResponseOperation> {
  static Owned<RequestAndResponseOperation> make(const Json& fields) {
    return make_op<RequestAndResponseOperation>(to_request(fields));
  }
  static void describe(const RequestAndResponseOperation& op, Json& to) {
    describe_request(op.request, to);
  }
  static void set_results(RequestAndResponseOperation& op, const Json& from) {
    if (const Json* status = from.find("status_code"))
      op.status_code = status->get_if<int>().value();
    op.response_body = text(from, "response_body");
    op.retry_after = optional_text(from, "retry_after");
  }
  static void add_results(const RequestAndResponseOperation& op, bool succeeded, Json& to) {
    if (!succeeded && op.status_code == 0) return;  // There was no response.
    to.set("status_code", op.status_code);
    to.set("response_body", to_value(op.response_body));
    to.set("retry_after", optional_value(op.retry_after));
  }
};

template <>
struct Codec<RequestOperation> : WithoutResults<RequestOperation> {
  static Owned<RequestOperation> make(const Json& fields) {
    return make_op<RequestOperation>(to_request(fields), text(fields, "request_id"));
  }
  static void describe(const RequestOperation& op, Json& to) {
    describe_request(op.request, to);
    to.set("request_id", op.request_id);
  }
};

template <>
struct Codec<MqttPublishOperation> : WithoutResults<MqttPublishOperation> {
  static Owned<MqttPublishOperation> make(const Json& fields) {
    return make_op<MqttPublishOperation>(text(fields, "topic"), text(fields, "payload"));
  }
  static void describe(const MqttPublishOperation& op, Json& to) {
    to.set("topic", to_value(op.topic));
    to.set("payload", to_value(op.payload));
  }
};

template <class T>
struct TopicCodec : WithoutResults<T> {
  static Owned<T> make(const Json& fields) { return make_op<T>(text(fields, "topic")); }
  static void describe(const T& op, Json& to) { to.set("topic", to_value(op.topic)); }
};
template <>
struct Codec<MqttSubscribeOperation> : TopicCodec<MqttSubscribeOperation> {};
template <>
struct Codec<MqttUnsubscribeOperation> : TopicCodec<MqttUnsubscribeOperation> {};

template <class T>
struct MessageCodec : WithoutResults<T> {
  static Owned<T> make(const Json& fields) { return make_op<T>(to_message(fields["message"])); }
  static void describe(const T& op, Json& to) { to.set("message", describe_message(op.message)); }
};
template <>
struct Codec<SendD2CMessageOperation> : MessageCodec<SendD2CMessageOperation> {};
template <>
struct Codec<SendOutputMessageOperation> : MessageCodec<SendOutputMessageOperation> {};

template <>
struct Codec<SendMethodResponseOperation> : WithoutResults<SendMethodResponseOperation> {
  static Owned<SendMethodResponseOperation> make(const Json& fields) {
    const Json& response = fields["method_response"];
    const auto status = response["status"].get_if<int>();
    if (!status) throw InexpressibleOperation("status: is no number");
    return make_op<SendMethodResponseOperation>(
        MethodResponse{.request_id = text(response, "request_id"),
                       .status = *status,
                       .payload = response["payload"]});
  }
  static void describe(const SendMethodResponseOperation& op, Json& to) {
    to.set("method_response", {{"request_id", op.method_response.request_id},
                               {"status", op.method_response.status},
                               {"payload", op.method_response.payload}});
  }
};

template <>
struct Codec<GetTwinOperation> {
  static Owned<GetTwinOperation> make(const Json&) { return make_op<GetTwinOperation>(); }
  static void describe(const GetTwinOperation&, Json&) {}
  static void set_results(GetTwinOperation& op, const Json& from) {
    if (const Json* twin = from.find("twin")) op.twin = *twin;
  }
  static void add_results(const GetTwinOperation& op, bool, Json& to) { to.set("twin", op.twin); }
};

template <>
struct Codec<PatchTwinReportedPropertiesOperation>
    : WithoutResults<PatchTwinReportedPropertiesOperation> {
  static Owned<PatchTwinReportedPropertiesOperation> make(const Json& fields) {
    return make_op<PatchTwinReportedPropertiesOperation>(fields["patch"]);
  }
  static void describe(const PatchTwinReportedPropertiesOperation& op, Json& to) {
    to.set("patch", op.patch);
  }
};

struct Entry {
  std::string_view recorded_name;
  TypeId type;
  OpPtr (*make)(const Json& fields);
  void (*describe)(const Operation& op, Json& to);
  void (*set_results)(Operation& op, const Json& from);
  void (*add_results)(const Operation& op, bool succeeded, Json& to);
};

template <class T>
constexpr Entry entry(std::string_view recorded_name = T::kName) {
  return {
      .recorded_name = recorded_name,
      .type = type_id<T>(),
      .make = [](const Json& fields) -> OpPtr { return Codec<T>::make(fields); },
      .describe = [](const Operation& op,
                     Json& to) { Codec<T>::describe(static_cast<const T&>(op), to); },
      .set_results = [](Operation& op,
                        const Json& from) { Codec<T>::set_results(static_cast<T&>(op), from); },
      .add_results =
          [](const Operation& op, bool succeeded, Json& to) {
            Codec<T>::add_results(static_cast<const T&>(op), succeeded, to);
          },
  };
}

constexpr Entry kEntries[] = {
    entry<ArbitraryOperation>(),
    entry<InitializePipelineOperation>(),
    entry<ShutdownPipelineOperation>(),
    entry<ConnectOperation>(),
    entry<DisconnectOperation>(),
    entry<ReauthorizeConnectionOperation>(),
    entry<EnableFeatureOperation>(),
    entry<DisableFeatureOperation>(),
    entry<RequestAndResponseOperation>(),
    entry<RequestOperation>(),
    entry<MqttPublishOperation>("MQTTPublishOperation"),
    entry<MqttSubscribeOperation>("MQTTSubscribeOperation"),
    entry<MqttUnsubscribeOperation>("MQTTUnsubscribeOperation"),
    entry<SendD2CMessageOperation>(),
    entry<SendOutputMessageOperation>(),
    entry<SendMethodResponseOperation>(),
    entry<GetTwinOperation>(),
    entry<PatchTwinReportedPropertiesOperation>(),
};

const Entry& entry_of(const Operation& op) {
  for (const Entry& known : kEntries) {
    if (known.type == op.type()) return known;
  }
  throw std::invalid_argument("operation: no trace has this type: " + std::string(op.name()));
}

}  // namespace

OpPtr make_recorded_op(const Json& fields) {
  const std::string& type = fields["type"].as_string();
  for (const Entry& known : kEntries) {
    if (known.recorded_name == type) return known.make(fields);
  }
  throw std::invalid_argument("operation: unknown type: " + type);
}

Json describe_op(const Operation& op) {
  const Entry& known = entry_of(op);
  Json json{{"type", known.recorded_name}};
  known.describe(op, json);
  return json;
}

void set_results(Operation& op, const Json& from) { entry_of(op).set_results(op, from); }

void add_results(const Operation& op, bool succeeded, Json& to) {
  entry_of(op).add_results(op, succeeded, to);
}

}  // namespace azure::iot::device::conformance
