#pragma once

#include <string_view>
#include <utility>

#include "../pipeline/json/json.hpp"
#include "../pipeline/operation.hpp"
#include "models/message.hpp"
#include "models/method_response.hpp"

namespace azure::iot::device {

// Sends telemetry from a device or module.
struct SendD2CMessageOperation : OperationOf<SendD2CMessageOperation> {
  static constexpr std::string_view kName = "SendD2CMessageOperation";
  explicit SendD2CMessageOperation(Message message_) : message(std::move(message_)) {}
  Message message;
};

// Sends a message to an output of a module.
struct SendOutputMessageOperation : OperationOf<SendOutputMessageOperation> {
  static constexpr std::string_view kName = "SendOutputMessageOperation";
  explicit SendOutputMessageOperation(Message message_) : message(std::move(message_)) {}
  Message message;
};

// Sends the response to a direct method.
struct SendMethodResponseOperation : OperationOf<SendMethodResponseOperation> {
  static constexpr std::string_view kName = "SendMethodResponseOperation";
  explicit SendMethodResponseOperation(MethodResponse method_response_)
      : method_response(std::move(method_response_)) {}
  MethodResponse method_response;
};

// Reads the whole twin.
struct GetTwinOperation : OperationOf<GetTwinOperation> {
  static constexpr std::string_view kName = "GetTwinOperation";
  // Set on success.
  Json twin;
};

// Changes reported properties of the twin.
struct PatchTwinReportedPropertiesOperation : OperationOf<PatchTwinReportedPropertiesOperation> {
  static constexpr std::string_view kName = "PatchTwinReportedPropertiesOperation";
  explicit PatchTwinReportedPropertiesOperation(Json patch_) : patch(std::move(patch_)) {}
  Json patch;
};

}  // namespace azure::iot::device
