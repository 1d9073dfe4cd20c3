#pragma once

#include <set>
#include <string>
#include <vector>

#include "names.hpp"
#include "pipeline/json/json.hpp"
#include "trace.hpp"

namespace azure::iot::device::conformance {

// An output that appears on one side only.
struct Deviation {
  bool missing;  // Recorded but not seen here; otherwise it is extra.
  Json output;

  bool extra() const { return !missing; }
  // The kind of the output: "op_completed", "transport", ...; and its content.
  const std::string& kind() const { return output.members().front().name; }
  const Json& what() const { return output.members().front().value; }
  // Returns a member of the content, as text; empty if there is none.
  std::string field(std::string_view name) const;
};

// Compares a subject's outputs with the recorded ones. One object serves one trace, for its steps
// in order.
class Comparer {
 public:
  explicit Comparer(const Trace& trace);

  // Returns the expected outputs of a step in a form that can be compared. Details that a port need
  // not reproduce are left out. Of states that follow each other directly only the last one stays,
  // since only that one can be observed.
  std::vector<Json> expected(const Step& step);
  // Sets the state from here on, whatever was recorded.
  void set_state(const std::string& state) { state_ = state; }

  // Returns the outputs that appear on one side only, in order. The others match and have the same
  // order.
  std::vector<Deviation> compare(const std::vector<Json>& expected,
                                 const std::vector<Json>& actual);

  const Names& names() const { return names_; }

 private:
  bool same(const Json& expected, const Json& actual, Names::Pairs& pairs) const;
  bool same_fields(const Json& expected, const Json& actual, Names::Pairs& pairs) const;
  bool same_field(const std::string& name, const Json& expected, const Json& actual,
                  Names::Pairs& pairs) const;
  bool match(const Json& expected, const Json& actual);

  // The texts of errors that the driver made.
  std::set<std::string> outside_texts_;
  std::string state_;
  Names names_;
};

}  // namespace azure::iot::device::conformance
