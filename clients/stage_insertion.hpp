#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "../pipeline/stage.hpp"

// A stage of one's own in the chain of a client: to count, to log, to inject faults, to change what
// goes by. Derive it from Stage or Handles (pipeline/stage.hpp), and say where it stands:
//
//   auto client = IoTHubDeviceClient::create_from_connection_string(
//       text,
//       {.stages = {before("MqttTransportStage", [] { return std::make_unique<MyStage>(); }),
//                   after("SasTokenStage", [] { return std::make_unique<Counter>(counts); })}});
//
// README.md shows the names and their order, tools/samples two stages at work. The stage runs on
// the client's event loop, where nothing may block; what it refers to outlives the client. If it
// throws, the operation that it had is given up, its caller gets a ClientError, and the text goes
// to `on_background_exception`.
namespace azure::iot::device {

// Makes a stage for one client, whose it is then: options may serve for several.
using StageFactory = std::function<std::unique_ptr<Stage>()>;

// Insertions are made in the order in which they are listed, so that one may name a stage that an
// earlier one inserted. Of two before the same stage the later stands nearer to it, and likewise
// after. Creating the client throws std::invalid_argument, with the names that there are, if none
// is `name`, and if the factory is empty or makes nothing.
struct StageInsertion {
  enum class Place { before, after };

  Place place;
  std::string name;  // What Stage::name says: "MqttTransportStage".
  StageFactory make;
};

// Nearer to the user: it sees operations earlier and events later than the named stage.
inline StageInsertion before(std::string name, StageFactory make) {
  return {StageInsertion::Place::before, std::move(name), std::move(make)};
}

// Nearer to the network.
inline StageInsertion after(std::string name, StageFactory make) {
  return {StageInsertion::Place::after, std::move(name), std::move(make)};
}

}  // namespace azure::iot::device
