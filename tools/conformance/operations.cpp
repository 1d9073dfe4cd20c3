#include "operations.hpp"

#include <stdexcept>
#include <string>

#include "codec.hpp"
#include "iothub_codec.hpp"
#include "provisioning_codec.hpp"

namespace azure::iot::device::conformance {
namespace {

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
    entry<RegisterOperation>(),
    entry<PollStatusOperation>(),
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
