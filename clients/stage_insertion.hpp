#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "../pipeline/stage.hpp"

// Custom stages in the chain of a client: to count, to log, to inject faults, to change what
// passes. Derive a stage from Stage or Handles (pipeline/stage.hpp), and give its place:
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       text,
//       {.stages = {before("MqttTransportStage", [] { return std::make_unique<MyStage>(); }),
//                   after("SasTokenStage", [] { return std::make_unique<Counter>(counts); })}});
//
// README.md lists the names in their order; tools/samples shows two stages at work. A stage runs on
// the client's event loop, where nothing may block. The objects that it refers to must outlive the
// client. If it throws, the operation that it had is abandoned, the caller gets a ClientError, and
// the text goes to `on_background_exception`.
namespace azure::iot::device {

// Creates a stage for one client, which then owns it. Options may serve several clients, so the
// factory may be called several times.
using StageFactory = std::function<std::unique_ptr<Stage>()>;

// Inserts a stage before or after the stage called `name`. Insertions are made in the order of the
// list, so one may name a stage that an earlier one inserted. Of two before the same stage, the
// later is nearer to it; likewise after. Creating the client throws std::invalid_argument if no
// stage has this name, and lists the names that exist. It also throws if the factory is empty or
// returns null.
struct StageInsertion {
  enum class Place { before, after };

  Place place;
  std::string name;  // Name from Stage::name: "MqttTransportStage".
  StageFactory make;
};

// Inserts nearer to the user: the stage sees operations earlier, and events later, than the named
// stage.
inline StageInsertion before(std::string name, StageFactory make) {
  return {StageInsertion::Place::before, std::move(name), std::move(make)};
}

// Inserts nearer to the network.
inline StageInsertion after(std::string name, StageFactory make) {
  return {StageInsertion::Place::after, std::move(name), std::move(make)};
}

}  // namespace azure::iot::device
