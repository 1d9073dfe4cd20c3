#include "events.hpp"

#include <optional>
#include <stdexcept>
#include <string>

#include "iothub/iothub_events.hpp"
#include "models.hpp"
#include "pipeline/events.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

using Use = std::function<void(const Event&)>;

template <class T>
void use_plain(const Json&, const Use& use) {
  use(T());
}
template <class T>
void add_nothing(const T&, Json&) {}

void use_background(const Json& fields, const Use& use) {
  use(BackgroundExceptionEvent(to_error(fields["error"])));
}
void add_background(const BackgroundExceptionEvent& event, Json& to) {
  to.set("error", to_json(event.error));
}

void use_response(const Json& fields, const Use& use) {
  const std::string request_id = fields["request_id"].as_string();
  const std::string body = to_bytes(fields["response_body"]);
  const Json* retry_after = fields.find("retry_after");
  std::optional<std::string> retry;
  if (retry_after && !retry_after->is_null()) retry = to_bytes(*retry_after);
  use(ResponseEvent(request_id, fields["status_code"].get_if<int>().value(), body,
                    retry ? std::optional<std::string_view>(*retry) : std::nullopt));
}
void add_response(const ResponseEvent& event, Json& to) {
  to.set("request_id", event.request_id);
  to.set("status_code", event.status_code);
  to.set("response_body", to_value(event.response_body));
  to.set("retry_after", event.retry_after ? to_value(*event.retry_after) : Json());
}

void use_mqtt_message(const Json& fields, const Use& use) {
  const std::string topic = to_bytes(fields["topic"]);
  const std::string payload = to_bytes(fields["payload"]);
  use(IncomingMqttMessageEvent(topic, payload));
}
void add_mqtt_message(const IncomingMqttMessageEvent& event, Json& to) {
  to.set("topic", to_value(event.topic));
  to.set("payload", to_value(event.payload));
}

template <class T>
void use_message(const Json& fields, const Use& use) {
  Message message = to_message(fields["message"]);
  use(T(message));
}
template <class T>
void add_message(const T& event, Json& to) {
  to.set("message", describe_message(event.message));
}

void use_method(const Json& fields, const Use& use) {
  MethodRequest request{.request_id = fields["request_id"].as_string(),
                        .name = fields["name"].as_string(),
                        .payload = fields["payload"]};
  use(MethodRequestEvent(request));
}
void add_method(const MethodRequestEvent& event, Json& to) {
  to.set("request_id", to_value(event.method_request.request_id));
  to.set("name", to_value(event.method_request.name));
  to.set("payload", event.method_request.payload);
}

void use_patch(const Json& fields, const Use& use) {
  Json patch = fields["patch"];
  use(TwinDesiredPropertiesPatchEvent(patch));
}
void add_patch(const TwinDesiredPropertiesPatchEvent& event, Json& to) {
  to.set("patch", event.patch);
}

struct Entry {
  std::string_view recorded_name;
  TypeId type;
  void (*use)(const Json& fields, const Use& use);
  void (*add)(const Event& event, Json& to);
};

template <class T, void (*Make)(const Json&, const Use&), void (*Add)(const T&, Json&)>
constexpr Entry entry(std::string_view recorded_name = T::kName) {
  return {.recorded_name = recorded_name,
          .type = type_id<T>(),
          .use = Make,
          .add = [](const Event& event, Json& to) { Add(static_cast<const T&>(event), to); }};
}
template <class T>
constexpr Entry plain() {
  return entry<T, &use_plain<T>, &add_nothing<T>>();
}

constexpr Entry kEntries[] = {
    plain<ArbitraryEvent>(),
    plain<ConnectedEvent>(),
    plain<DisconnectedEvent>(),
    plain<NewSasTokenRequiredEvent>(),
    entry<BackgroundExceptionEvent, &use_background, &add_background>(),
    entry<ResponseEvent, &use_response, &add_response>(),
    entry<IncomingMqttMessageEvent, &use_mqtt_message, &add_mqtt_message>(
        "IncomingMQTTMessageEvent"),
    entry<C2DMessageEvent, &use_message<C2DMessageEvent>, &add_message<C2DMessageEvent>>(),
    entry<InputMessageEvent, &use_message<InputMessageEvent>, &add_message<InputMessageEvent>>(),
    entry<MethodRequestEvent, &use_method, &add_method>(),
    entry<TwinDesiredPropertiesPatchEvent, &use_patch, &add_patch>(),
};

}  // namespace

void with_recorded_event(const Json& fields, const Use& use) {
  const std::string& type = fields["type"].as_string();
  for (const Entry& known : kEntries) {
    if (known.recorded_name == type) return known.use(fields, use);
  }
  throw std::invalid_argument("event: unknown type: " + type);
}

Json describe_event(const Event& event) {
  for (const Entry& known : kEntries) {
    if (known.type != event.type()) continue;
    Json json{{"type", known.recorded_name}};
    known.add(event, json);
    return json;
  }
  throw std::invalid_argument("event: no trace has this type: " + std::string(event.name()));
}

}  // namespace azure::iot::device::conformance
