#include "tools/conformance/wire/vector.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace azure::iot::device::conformance::wire {
namespace {

[[noreturn]] void refuse(std::string_view name, const std::string& rule) {
  throw std::invalid_argument(std::string(name) + ": must be " + rule);
}

// A list of objects.
std::vector<Json> list(const Json& from, std::string_view name) {
  const Json& value = member(from, name);
  if (value.is_null()) return {};
  if (!value.is_array()) refuse(name, "a list");
  for (const Json& element : value.elements()) {
    if (!element.is_object()) refuse(name, "a list of objects");
  }
  return {value.elements().begin(), value.elements().end()};
}

// A number within bounds that no recording approaches; 0 if there is none.
std::int64_t number(const Json& from, std::string_view name, std::int64_t most) {
  const Json& value = member(from, name);
  if (value.is_null()) return 0;
  const auto found = value.get_if<std::int64_t>();
  if (!found || *found < 0 || *found > most) refuse(name, "a number up to " + std::to_string(most));
  return *found;
}

const Json& object(const Json& from, std::string_view name) {
  const Json& value = member(from, name);
  if (!value.is_null() && !value.is_object()) refuse(name, "an object");
  return value;
}

const Json& events_left(const Json& from) {
  const Json& left = object(from, "events_left");
  if (left.is_null()) return left;
  for (const JsonMember& handler : left.members()) number(left, handler.name, 1000);
  return left;
}

double time_scale(const Json& from) {
  const double scale = member(from, "time_scale").get_if<double>().value_or(1);
  if (!(scale > 0 && scale <= 1000)) refuse("time_scale", "a number above 0, up to 1000");
  return scale;
}

std::vector<Json> steps(const Json& from) {
  std::vector<Json> all = list(from, "steps");
  for (const Json& step : all) {
    number(step, "ms", 60'000);
    number(step, "seconds", 1'000'000'000);
    number(step, "count", 10'000);
    number(step, "qos", 2);
    for (const std::string_view limit : {"timeout", "limit_s"}) {
      const double seconds = member(step, limit).get_if<double>().value_or(0);
      if (!(seconds >= 0 && seconds <= 600)) refuse(limit, "a number of seconds up to 600");
    }
  }
  return all;
}

bool is_true(const Json& from, std::string_view name) {
  return member(from, name).get_if<bool>().value_or(false);
}

Vector to_vector(const std::string& file, const Json& from) {
  return {.file = file,
          .name = from["name"].as_string(),
          .client = from["client"].as_string(),
          .clock = WallTime(std::chrono::seconds(number(from, "clock", 4'000'000'000))),
          .time_scale = time_scale(from),
          .create = object(from, "create"),
          .hub = object(from, "hub"),
          .steps = steps(from),
          .wire = list(from, "wire"),
          .dials = list(from, "dials"),
          .proxied = list(from, "proxy"),
          .error = member(from, "error"),
          .events_left = events_left(from),
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
  std::size_t number_of_vector = 0;
  VectorFile read{.name = file.stem().string(), .vectors = {}, .functions = {}};
  try {
    const Json vectors = Json::parse_or_throw(text);
    for (const Json& vector : vectors.elements()) {
      ++number_of_vector;
      if (vector.contains("fn")) {
        read.functions.push_back(to_function(vector));
      } else {
        read.vectors.push_back(to_vector(read.name, vector));
      }
    }
  } catch (const std::exception& e) {
    const std::string place =
        number_of_vector > 0 ? ", vector " + std::to_string(number_of_vector) + ": " : ": ";
    throw std::invalid_argument("FILE|DIR: " + file.string() + place + e.what());
  }
  if (number_of_vector == 0) {
    throw std::invalid_argument("FILE|DIR: " + file.string() + " holds no vector");
  }
  return read;
}

const Json& member(const Json& object, std::string_view name) {
  static const Json null;
  const Json* found = object.is_object() ? object.find(name) : nullptr;
  return found ? *found : null;
}

}  // namespace azure::iot::device::conformance::wire
