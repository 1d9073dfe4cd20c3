// Writes and reads the operations of the provisioning service as they stand in a trace.
#pragma once

#include "codec.hpp"
#include "models.hpp"
#include "provisioning/provisioning_operations.hpp"

namespace azure::iot::device::conformance {

template <class T>
struct RegistrationResultCodec {
  static void set_results(T& op, const Json& from) {
    const Json* const result = from.find("registration_result");
    if (result && !result->is_null()) op.registration_result = to_registration_result(*result);
  }
  static void add_results(const T& op, bool, Json& to) {
    if (!op.registration_result) return;
    to.set("registration_result", describe_registration_result(*op.registration_result));
  }
};

template <>
struct Codec<RegisterOperation> : RegistrationResultCodec<RegisterOperation> {
  static Owned<RegisterOperation> make(const Json& fields) {
    return make_op<RegisterOperation>(fields["request_payload"], text(fields, "registration_id"));
  }
  static void describe(const RegisterOperation& op, Json& to) {
    to.set("request_payload", op.request_payload);
    to.set("registration_id", op.registration_id);
  }
};

template <>
struct Codec<PollStatusOperation> : RegistrationResultCodec<PollStatusOperation> {
  static Owned<PollStatusOperation> make(const Json& fields) {
    return make_op<PollStatusOperation>(optional_text(fields, "operation_id"),
                                        text(fields, "request_payload"));
  }
  static void describe(const PollStatusOperation& op, Json& to) {
    to.set("operation_id", optional_value(op.operation_id));
    to.set("request_payload", to_value(op.request_payload));
  }
};

}  // namespace azure::iot::device::conformance
