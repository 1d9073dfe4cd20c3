#include "trace.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "trace_form.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::array<std::pair<std::string_view, ConnectionState>, 5> kStates{{
    {"DISCONNECTED", ConnectionState::disconnected},
    {"CONNECTING", ConnectionState::connecting},
    {"CONNECTED", ConnectionState::connected},
    {"DISCONNECTING", ConnectionState::disconnecting},
    {"REAUTHORIZING", ConnectionState::reauthorizing},
}};

Json take(Json& from, std::string_view name, Json otherwise) {
  Json* found = from.find(name);
  return found ? std::move(*found) : std::move(otherwise);
}

Trace to_trace(Json json) {
  check_form(json);
  Trace trace;
  trace.name = json["name"].as_string();
  trace.subject = json["stage"].as_string();
  trace.config = std::move(json.at("config"));
  trace.connection_state = parse_connection_state(json["nucleus"]["connection_state"].as_string());
  trace.clock = WallTime(parse_seconds(json["clock"]));
  if (const Json* handlers = json.find("handlers")) {
    for (const Json& handler : handlers->elements()) trace.handlers.push_back(handler.as_string());
  }
  if (const Json* suspect = json.find("suspect")) trace.suspect = suspect->as_string();
  if (const Json* from = json.find("suspect_from"))
    trace.suspect_from = from->get_if<std::size_t>();
  Json& steps = json.at("steps");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Json& step = steps.at(i);
    trace.steps.push_back({.in = std::move(step.at("in")),
                           .env = take(step, "env", Json::object()),
                           .out = std::move(step.at("out"))});
  }
  return trace;
}

}  // namespace

std::vector<Trace> read_traces(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::invalid_argument("trace file: cannot be read: " + file.string());
  std::vector<Trace> traces;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    try {
      traces.push_back(to_trace(Json::parse_or_throw(line)));
    } catch (const std::exception& e) {
      throw std::invalid_argument("trace file: " + file.string() + ", line " +
                                  std::to_string(number) + ": " + e.what());
    }
  }
  if (traces.empty()) {
    throw std::invalid_argument("trace file: " + file.string() + " holds no trace");
  }
  return traces;
}

ConnectionState parse_connection_state(std::string_view text) {
  for (const auto& [name, state] : kStates) {
    if (name == text) return state;
  }
  throw std::invalid_argument("connection_state: unknown: " + std::string(text));
}

std::string recorded_name(ConnectionState state) {
  for (const auto& [name, known] : kStates) {
    if (known == state) return std::string(name);
  }
  return "unknown";
}

Duration parse_seconds(const Json& seconds) {
  constexpr double kMost = 4e9;
  const double value = seconds.as_double();
  if (!(std::abs(value) <= kMost)) {
    throw std::invalid_argument("seconds: out of range: " + seconds.dump());
  }
  return std::chrono::milliseconds(std::llround(value * 1000));
}

}  // namespace azure::iot::device::conformance
