#include "tools/conformance/wire/vector.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace azure::iot::device::conformance::wire {
namespace {

std::vector<Json> list(const Json& from, std::string_view name) {
  const Json& value = member(from, name);
  if (value.is_null()) return {};
  return {value.elements().begin(), value.elements().end()};
}

bool is_true(const Json& from, std::string_view name) {
  return member(from, name).get_if<bool>().value_or(false);
}

Vector to_vector(const std::string& file, const Json& from) {
  return {.file = file,
          .name = from["name"].as_string(),
          .client = from["client"].as_string(),
          .clock = WallTime(std::chrono::seconds(from["clock"].as_int())),
          .time_scale = member(from, "time_scale").get_if<double>().value_or(1),
          .create = from["create"],
          .hub = member(from, "hub"),
          .steps = list(from, "steps"),
          .wire = list(from, "wire"),
          .dials = list(from, "dials"),
          .proxied = list(from, "proxy"),
          .error = member(from, "error"),
          .events_left = member(from, "events_left"),
          .python_specific = is_true(from, "python_specific"),
          .unstable = is_true(from, "unstable")};
}

FunctionVector to_function(const Json& from) {
  return {.name = from["name"].as_string(),
          .fn = from["fn"].as_string(),
          .in = from["in"],
          .out = member(from, "out"),
          .error = member(from, "error"),
          .python_specific = is_true(from, "python_specific")};
}

}  // namespace

VectorFile read_vectors(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) {
    throw std::invalid_argument("FILE|DIR: cannot be read: " + file.string());
  }
  VectorFile read{.name = file.stem().string(), .vectors = {}, .functions = {}};
  try {
    const Json vectors = Json::parse_or_throw(text);
    for (const Json& vector : vectors.elements()) {
      if (vector.contains("fn")) {
        read.functions.push_back(to_function(vector));
      } else {
        read.vectors.push_back(to_vector(read.name, vector));
      }
    }
  } catch (const std::exception& e) {
    throw std::invalid_argument("FILE|DIR: " + file.string() + " holds no vectors: " + e.what());
  }
  return read;
}

const Json& member(const Json& object, std::string_view name) {
  static const Json null;
  const Json* found = object.is_object() ? object.find(name) : nullptr;
  return found ? *found : null;
}

}  // namespace azure::iot::device::conformance::wire
