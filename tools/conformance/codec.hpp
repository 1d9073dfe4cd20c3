// Writes and reads the operations of the pipeline itself as they stand in a trace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operations.hpp"
#include "pipeline/operations.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {

inline std::string text(const Json& fields, std::string_view name) {
  const Json* value = fields.find(name);
  return value ? to_bytes(*value) : std::string();
}

inline Request to_request(const Json& fields) {
  return {.request_type = text(fields, "request_type"),
          .method = text(fields, "method"),
          .resource_location = text(fields, "resource_location"),
          .body = text(fields, "request_body"),
          .query_params = fields.contains("query_params") ? fields["query_params"] : Json()};
}

inline void describe_request(const Request& request, Json& to) {
  to.set("request_type", request.request_type);
  to.set("method", request.method);
  to.set("resource_location", request.resource_location);
  to.set("request_body", to_value(request.body));
  to.set("query_params", request.query_params);
}

// One entry of the table below: reads and writes one type of operation. The default of each has no
// fields and no results.
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

}  // namespace azure::iot::device::conformance
