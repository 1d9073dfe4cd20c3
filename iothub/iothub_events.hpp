#pragma once

#include <string_view>

#include "../pipeline/event.hpp"
#include "../pipeline/json/json.hpp"
#include "models/message.hpp"
#include "models/method_request.hpp"

// The object that one of these events refers to lives as long as the event. The receiver at the top
// of the chain may move from it, so that a message is not copied on its way to an inbox. A stage
// may only read it.
namespace azure::iot::device {

// A message from the cloud to the device.
struct C2DMessageEvent : EventOf<C2DMessageEvent> {
  static constexpr std::string_view kName = "C2DMessageEvent";
  explicit C2DMessageEvent(Message& message_) : message(message_) {}
  Message& message;
};

// A message to an input of a module.
struct InputMessageEvent : EventOf<InputMessageEvent> {
  static constexpr std::string_view kName = "InputMessageEvent";
  explicit InputMessageEvent(Message& message_) : message(message_) {}
  Message& message;
};

// A call of a direct method.
struct MethodRequestEvent : EventOf<MethodRequestEvent> {
  static constexpr std::string_view kName = "MethodRequestEvent";
  explicit MethodRequestEvent(MethodRequest& method_request_) : method_request(method_request_) {}
  MethodRequest& method_request;
};

// Desired properties of the twin have changed.
struct TwinDesiredPropertiesPatchEvent : EventOf<TwinDesiredPropertiesPatchEvent> {
  static constexpr std::string_view kName = "TwinDesiredPropertiesPatchEvent";
  explicit TwinDesiredPropertiesPatchEvent(Json& patch_) : patch(patch_) {}
  Json& patch;
};

}  // namespace azure::iot::device
