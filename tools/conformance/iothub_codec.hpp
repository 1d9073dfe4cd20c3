// Writes and reads the operations of a hub as they stand in a trace.
#pragma once

#include "codec.hpp"
#include "iothub/iothub_operations.hpp"
#include "models.hpp"

namespace azure::iot::device::conformance {

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

}  // namespace azure::iot::device::conformance
