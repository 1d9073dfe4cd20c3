#include "compare.hpp"

#include <algorithm>
#include <array>

#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::array<std::string_view, 3> kNested{"event", "message", "method_response"};

void collect_error_texts(const Json& in, std::set<std::string>& to) {
  static const Json::Members kNone;
  for (const JsonMember& member : in.is_object() ? in.members() : kNone) {
    collect_error_texts(member.value, to);
  }
  for (const Json& element : in.is_array() ? in.elements() : std::span<const Json>()) {
    collect_error_texts(element, to);
  }
  const Json* message = in.find("message");
  if (message && message->is_string() && in.contains("type")) to.insert(message->as_string());
}

const Json& member(const Json& object, std::string_view name) {
  static const Json kNull;
  const Json* found = object.find(name);
  return found ? *found : kNull;
}

bool is_own_op(const Json& id) { return id.is_string() && id.as_string().starts_with("s"); }

std::string mid_name(const Json& mid) { return "mid-" + mid.dump(); }

// The names that an output uses for something for the first time.
std::vector<std::string> names_given(const Json& output) {
  const JsonMember& what = output.members().front();
  std::vector<std::string> given;
  if (const Json* mid = what.value.find("mid")) given.push_back(mid_name(*mid));
  if (const Json* id = what.value.find("id"); id && is_own_op(*id))
    given.push_back(id->as_string());
  for (const std::string_view name : {"request_id", "topic"}) {
    const Json* text = what.value.find(name);
    if (!text) continue;
    for (std::string& id : Names::request_ids_in(to_bytes(*text))) given.push_back(std::move(id));
  }
  return given;
}

}  // namespace

std::string Deviation::field(std::string_view name) const {
  const Json* found = what().find(name);
  return found ? to_bytes(*found) : std::string();
}

Comparer::Comparer(const Trace& trace) : state_(recorded_name(trace.connection_state)) {
  for (const Step& step : trace.steps) {
    collect_error_texts(step.in, outside_texts_);
    collect_error_texts(step.env, outside_texts_);
  }
}

std::vector<Json> Comparer::expected(const Step& step) {
  if (const Json* set = step.in.find("set")) {
    if (const Json* state = set->find("connection_state")) state_ = state->as_string();
  }
  std::vector<Json> outputs;
  std::string state = state_;
  const auto settle_state = [&] {
    if (state != state_) outputs.push_back({{"state", state}});
    state_ = state;
  };
  for (const Json& output : step.out.elements()) {
    if (output.contains("swallowed")) continue;
    if (const Json* next = output.find("state")) {
      state = next->as_string();
      continue;
    }
    settle_state();
    outputs.push_back(output);
  }
  settle_state();
  return outputs;
}

std::vector<Deviation> Comparer::compare(const std::vector<Json>& expected,
                                         const std::vector<Json>& actual) {
  // Returns the longest common subsequence, by the usual table of lengths.
  const std::size_t rows = expected.size();
  const std::size_t columns = actual.size();
  std::vector<std::vector<std::size_t>> common(rows + 1, std::vector<std::size_t>(columns + 1, 0));
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      Names::Pairs pairs;
      common[i][j] = same(expected[i], actual[j], pairs)
                         ? common[i + 1][j + 1] + 1
                         : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }

  std::vector<Deviation> deviations;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < rows || j < columns) {
    // Names that were learnt on the way may have made two outputs differ that had matched.
    if (i < rows && j < columns && match(expected[i], actual[j])) {
      ++i;
      ++j;
    } else if (j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
      deviations.push_back({.missing = true, .output = expected[i++]});
    } else {
      deviations.push_back({.missing = false, .output = actual[j++]});
    }
  }
  for (const Deviation& deviation : deviations) {
    if (!deviation.missing) continue;
    for (const std::string& name : names_given(deviation.output)) names_.learn_missing(name);
  }
  return deviations;
}

bool Comparer::match(const Json& expected, const Json& actual) {
  Names::Pairs pairs;
  if (!same(expected, actual, pairs)) return false;
  names_.learn(pairs);
  return true;
}

bool Comparer::same(const Json& expected, const Json& actual, Names::Pairs& pairs) const {
  const JsonMember& want = expected.members().front();
  const JsonMember& have = actual.members().front();
  if (want.name != have.name) return false;
  if (want.name == "raised" || !want.value.is_object()) return want.value == have.value;
  return same_fields(want.value, have.value, pairs);
}

bool Comparer::same_fields(const Json& expected, const Json& actual, Names::Pairs& pairs) const {
  const auto same_as_actual = [&](const JsonMember& field) {
    return same_field(field.name, field.value, member(actual, field.name), pairs);
  };
  const auto same_as_expected = [&](const JsonMember& field) {
    return expected.contains(field.name) || same_field(field.name, Json(), field.value, pairs);
  };
  return std::all_of(expected.members().begin(), expected.members().end(), same_as_actual) &&
         std::all_of(actual.members().begin(), actual.members().end(), same_as_expected);
}

bool Comparer::same_field(const std::string& name, const Json& expected, const Json& actual,
                          Names::Pairs& pairs) const {
  const auto named_same = [&](const std::string& recorded, const std::string& here) {
    pairs.push_back({recorded, here});
    return names_.may_be_same(recorded, here);
  };
  if (name == "error") {
    const std::string text = to_bytes(member(expected, "message"));
    return same_error(expected, actual, outside_texts_.contains(text));
  }
  if (name == "id" && is_own_op(expected) && is_own_op(actual)) {
    return named_same(expected.as_string(), actual.as_string());
  }
  if (name == "mid") return named_same(mid_name(expected), mid_name(actual));
  if (expected.is_string() && actual.is_string() &&
      names_.may_be_same_text(expected.as_string(), actual.as_string(), pairs)) {
    return true;
  }
  const bool nested = std::find(kNested.begin(), kNested.end(), name) != kNested.end();
  if (nested && expected.is_object() && actual.is_object()) {
    return same_fields(expected, actual, pairs);
  }
  return same_value(expected, actual);
}

}  // namespace azure::iot::device::conformance
