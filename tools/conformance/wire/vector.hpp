#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "pipeline/loop/time.hpp"

namespace azure::iot::device::conformance::wire {

// A recording of a client of the Python SDK: what an application did, what the service did, and
// what the client put on the wire.
struct Vector {
  std::string file;  // Without folder and extension: "twin".
  std::string name;
  std::string client;  // "device", "module" or "provisioning".
  WallTime clock{};    // What the client takes for the time of day.
  double time_scale = 1;
  Json create;
  Json hub;  // Null where it does nothing but its defaults.
  std::vector<Json> steps;
  std::vector<Json> wire;
  std::vector<Json> dials;
  std::vector<Json> proxied;
  Json error;  // Of creating the client; null if it was created.
  Json events_left;
  // The input or the outcome hangs on Python.
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

// What is in a file: one of them is empty.
struct VectorFile {
  std::string name;
  std::vector<Vector> vectors;
  std::vector<FunctionVector> functions;
};

// Throws std::invalid_argument, which names the file, if it cannot be read.
VectorFile read_vectors(const std::filesystem::path& file);

// A member of an object; null if it is not there.
const Json& member(const Json& object, std::string_view name);

}  // namespace azure::iot::device::conformance::wire
