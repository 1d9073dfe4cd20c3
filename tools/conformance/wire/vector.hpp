#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "pipeline/loop/time.hpp"

namespace azure::iot::device::conformance::wire {

// A recording of a client of the Python SDK: the calls of an application, the behaviour of the
// service, and the client's packets on the wire.
struct Vector {
  std::string file;  // The file's name without folder and extension: "twin".
  std::string name;
  std::string client;  // "device", "module" or "provisioning".
  WallTime clock{};    // The client's time of day.
  double time_scale = 1;
  Json create;
  Json hub;  // Null if the service keeps to its defaults.
  std::vector<Json> steps;
  std::vector<Json> wire;
  std::vector<Json> dials;
  std::vector<Json> proxied;
  Json error;  // That of creating the client; null if it was created.
  Json events_left;
  // The input or the outcome depends on Python's types.
  bool python_specific = false;
  // Recordings of it disagreed.
  bool unstable = false;
};

// A recorded call of a function of the Python SDK without a client.
struct FunctionVector {
  std::string name;
  std::string fn;
  Json in;
  Json out;
  Json error;
  bool python_specific = false;
};

// The content of a file: one of them is empty.
struct VectorFile {
  std::string name;
  std::vector<Vector> vectors;
  std::vector<FunctionVector> functions;
};

// Throws std::invalid_argument, which names the file, if it cannot be read.
VectorFile read_vectors(const std::filesystem::path& file);

// Returns a member of an object; null if it is not there.
const Json& member(const Json& object, std::string_view name);

}  // namespace azure::iot::device::conformance::wire
