#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/json.hpp"
#include "operation.hpp"

namespace azure::iot::device {

// Prepares the chain: the first operation of a pipeline. The translation stage adds the identity of
// the client; the transport stage creates its transport.
struct InitializePipelineOperation : OperationOf<InitializePipelineOperation> {
  static constexpr std::string_view kName = "InitializePipelineOperation";
  std::string client_id;
  std::string username;
};

// Shuts the chain down: held operations fail, and timers stop. The last operation.
struct ShutdownPipelineOperation : OperationOf<ShutdownPipelineOperation> {
  static constexpr std::string_view kName = "ShutdownPipelineOperation";
};

struct ConnectOperation : OperationOf<ConnectOperation> {
  static constexpr std::string_view kName = "ConnectOperation";
  // No attempt starts for it after this time. Unlike the deadline, it does not end an attempt under
  // way.
  SteadyTime wanted_until = kNever;
};

struct DisconnectOperation : OperationOf<DisconnectOperation> {
  static constexpr std::string_view kName = "DisconnectOperation";
  // Whether packets that wait for an acknowledgement are cancelled. Otherwise they are sent again
  // after the next connect.
  bool hard = true;
};

// Reconnects with the current credential. (Python: a soft disconnect, then a connect.)
struct ReauthorizeConnectionOperation : OperationOf<ReauthorizeConnectionOperation> {
  static constexpr std::string_view kName = "ReauthorizeConnectionOperation";
};

struct EnableFeatureOperation : OperationOf<EnableFeatureOperation> {
  static constexpr std::string_view kName = "EnableFeatureOperation";
  explicit EnableFeatureOperation(std::string feature_name_)
      : feature_name(std::move(feature_name_)) {}
  std::string feature_name;
};

struct DisableFeatureOperation : OperationOf<DisableFeatureOperation> {
  static constexpr std::string_view kName = "DisableFeatureOperation";
  explicit DisableFeatureOperation(std::string feature_name_)
      : feature_name(std::move(feature_name_)) {}
  std::string feature_name;
};

// The parts of a request to the service.
struct Request {
  std::string request_type;  // The target of the request: "twin", "register", "query".
  std::string method;
  std::string resource_location;
  std::string body;
  Json query_params = {};  // An object; null: none.
};

// Sends a request and waits for the response with the same id.
struct RequestAndResponseOperation : OperationOf<RequestAndResponseOperation> {
  static constexpr std::string_view kName = "RequestAndResponseOperation";
  explicit RequestAndResponseOperation(Request request_) : request(std::move(request_)) {}
  Request request;
  // Set on success.
  std::string request_id;
  int status_code = 0;
  std::string response_body;
  std::optional<std::string> retry_after;
};

// Sends a request, without waiting for the response.
struct RequestOperation : OperationOf<RequestOperation> {
  static constexpr std::string_view kName = "RequestOperation";
  RequestOperation(Request request_, std::string request_id_)
      : request(std::move(request_)), request_id(std::move(request_id_)) {}
  Request request;
  std::string request_id;
};

// Data that the transport stage records on an operation that becomes a packet.
struct SentPacket {
  SteadyTime at{};     // The time it was last sent.
  unsigned link = 0;   // The connection it was sent on, counted from 1.
  int links_lost = 0;  // In a row, soon after it was sent, while nothing older was in flight.
};

// Publishes one application message, QoS 1.
struct MqttPublishOperation : OperationOf<MqttPublishOperation> {
  static constexpr std::string_view kName = "MqttPublishOperation";
  MqttPublishOperation(std::string topic_, std::string payload_)
      : topic(std::move(topic_)), payload(std::move(payload_)) {
    needs_connection = true;
  }
  std::string topic;
  std::string payload;
  SentPacket sent;
};

// Subscribes to a topic filter, QoS 1.
struct MqttSubscribeOperation : OperationOf<MqttSubscribeOperation> {
  static constexpr std::string_view kName = "MqttSubscribeOperation";
  explicit MqttSubscribeOperation(std::string topic_) : topic(std::move(topic_)) {
    needs_connection = true;
  }
  std::string topic;
  SentPacket sent;
};

struct MqttUnsubscribeOperation : OperationOf<MqttUnsubscribeOperation> {
  static constexpr std::string_view kName = "MqttUnsubscribeOperation";
  explicit MqttUnsubscribeOperation(std::string topic_) : topic(std::move(topic_)) {
    needs_connection = true;
  }
  std::string topic;
  SentPacket sent;
};

// Pauses or resumes reading from the transport, when received items are not taken fast enough.
// Reading resumes by itself after half the keep-alive.
struct PauseReadingOperation : OperationOf<PauseReadingOperation> {
  static constexpr std::string_view kName = "PauseReadingOperation";
  explicit PauseReadingOperation(bool paused_) : paused(paused_) {}
  bool paused;
};

}  // namespace azure::iot::device
