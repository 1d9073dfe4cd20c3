#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "loop/event_loop.hpp"
#include "pipeline_config.hpp"

namespace azure::iot::device {

enum class ConnectionState {
  disconnected,   // Becomes connecting or reauthorizing with an operation or a redial.
  connecting,     // Becomes connected with the event, disconnected with a failure.
  connected,      // Becomes disconnecting or reauthorizing by operation, disconnected by a drop.
  disconnecting,  // Becomes disconnected with the event or with a failure.
  reauthorizing,  // A disconnect, then a connect: becomes connected or, failing, disconnected.
};

std::string_view to_string(ConnectionState state);

// Returns a random UUID (version 4) from the system's random source. Throws std::system_error if
// there is none.
std::string make_uuid();

// Returns a random number, uniform in [0, 1), from the same source.
double make_random();

// The state shared by all stages of one pipeline. Every stage may read it; each field has one
// writer.
struct Nucleus {
  EventLoop& loop;
  PipelineConfig options;
  // Returns the id of a new request, unique for the life of the pipeline.
  std::function<std::string()> make_request_id = &make_uuid;
  // Random numbers that keep many clients from acting at the same moment.
  std::function<double()> random = &make_random;
  // Names the client in log records: set once by the translation stage.
  std::string client_id{};

  // Both are written by ConnectionRetryStage alone. `connect_failure` is the error of the last
  // attempt to connect; no error once there is a connection.
  ConnectionState connection_state = ConnectionState::disconnected;
  Error connect_failure{};

  bool connected() const { return connection_state == ConnectionState::connected; }
};

}  // namespace azure::iot::device
