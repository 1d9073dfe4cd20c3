#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "event.hpp"

namespace azure::iot::device {

// The transport is connected.
struct ConnectedEvent : EventOf<ConnectedEvent> {
  static constexpr std::string_view kName = "ConnectedEvent";
  explicit ConnectedEvent(bool session_present_ = true) : session_present(session_present_) {}
  // Whether the service kept the session with its subscriptions (CONNACK, MQTT 3.1.1 clause
  // 3.2.2.2).
  bool session_present;
};

// The transport is no longer connected.
struct DisconnectedEvent : EventOf<DisconnectedEvent> {
  static constexpr std::string_view kName = "DisconnectedEvent";
  explicit DisconnectedEvent(Error cause_ = {}) : cause(std::move(cause_)) {}
  // The reason; no error if the client itself disconnected.
  Error cause;
};

// The token supplied by the application expires soon; the application has to supply another one.
struct NewSasTokenRequiredEvent : EventOf<NewSasTokenRequiredEvent> {
  static constexpr std::string_view kName = "NewSasTokenRequiredEvent";
};

// An error that belongs to no call.
struct BackgroundExceptionEvent : EventOf<BackgroundExceptionEvent> {
  static constexpr std::string_view kName = "BackgroundExceptionEvent";
  explicit BackgroundExceptionEvent(Error error_, bool gave_up_ = false)
      : error(std::move(error_)), gave_up(gave_up_) {}
  Error error;
  bool gave_up;  // The lost connection is not re-established.
};

// The service answered a request. The texts live as long as the event.
struct ResponseEvent : EventOf<ResponseEvent> {
  static constexpr std::string_view kName = "ResponseEvent";
  ResponseEvent(std::string_view request_id_, int status_code_, std::string_view response_body_,
                std::optional<std::string_view> retry_after_ = {})
      : request_id(request_id_),
        status_code(status_code_),
        response_body(response_body_),
        retry_after(retry_after_) {}
  std::string_view request_id;
  int status_code;
  std::string_view response_body;
  std::optional<std::string_view> retry_after;
};

// A message was received. The texts live as long as the event.
struct IncomingMqttMessageEvent : EventOf<IncomingMqttMessageEvent> {
  static constexpr std::string_view kName = "IncomingMqttMessageEvent";
  IncomingMqttMessageEvent(std::string_view topic_, std::string_view payload_)
      : topic(topic_), payload(payload_) {}
  std::string_view topic;
  std::string_view payload;
};

}  // namespace azure::iot::device
