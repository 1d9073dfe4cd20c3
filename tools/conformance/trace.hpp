#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "pipeline/loop/time.hpp"
#include "pipeline/nucleus.hpp"

namespace azure::iot::device::conformance {

// One input from outside, and its recorded consequences.
struct Step {
  Json in;
  Json env;  // The reactions of the surroundings meanwhile; an empty object if none.
  Json out;  // An array.
};

// A recording of one stage of the Python SDK, or of a whole chain.
struct Trace {
  std::string name;
  std::string subject;  // Python's name of the recorded stage or chain.
  Json config;
  ConnectionState connection_state = ConnectionState::disconnected;
  WallTime clock;
  std::vector<std::string> handlers;
  // The reason why the recorded behaviour looks wrong, and the first step concerned (any, if
  // absent).
  std::optional<std::string> suspect;
  std::optional<std::size_t> suspect_from;
  std::vector<Step> steps;

  // Whether the recording marks this step as one where a port may differ.
  bool may_differ_at(std::size_t step) const { return suspect && step >= suspect_from.value_or(0); }
};

// Reads a file with one trace in each line. Throws std::invalid_argument, naming file and line, if
// one cannot be read.
std::vector<Trace> read_traces(const std::filesystem::path& file);

// A connection state as it stands in a trace: "CONNECTED". Throws std::invalid_argument.
ConnectionState parse_connection_state(std::string_view text);
std::string recorded_name(ConnectionState state);

// Seconds as they stand in a trace, which are exact to a millisecond.
Duration parse_seconds(const Json& seconds);

}  // namespace azure::iot::device::conformance
