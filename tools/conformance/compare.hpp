#pragma once

#include <set>
#include <string>
#include <vector>

#include "names.hpp"
#include "pipeline/json/json.hpp"
#include "trace.hpp"

namespace azure::iot::device::conformance {

// An output that stands on one side only.
struct Deviation {
  bool missing;  // Recorded but not seen here; otherwise it is extra.
  Json output;

  bool extra() const { return !missing; }
  // "op_completed", "transport", ... and what it says.
  const std::string& kind() const { return output.members().front().name; }
  const Json& what() const { return output.members().front().value; }
  // A member of what it says, as text; empty if there is none.
  std::string field(std::string_view name) const;
};

// Compares what a subject did with what was recorded. Made for one trace; for its steps in order.
class Comparer {
 public:
  explicit Comparer(const Trace& trace);

  // What is to be expected of a step, in a form that can be compared: without what a port need not
  // reproduce, and of states that follow each other with nothing in between only the last one,
  // which alone can be seen.
  std::vector<Json> expected(const Step& step);
  // From here on the state is this one, whatever was recorded.
  void set_state(const std::string& state) { state_ = state; }

  // What stands on one side only, in order; the rest matches and stands in the same order.
  std::vector<Deviation> compare(const std::vector<Json>& expected,
                                 const std::vector<Json>& actual);

  const Names& names() const { return names_; }

 private:
  bool same(const Json& expected, const Json& actual, Names::Pairs& pairs) const;
  bool same_fields(const Json& expected, const Json& actual, Names::Pairs& pairs) const;
  bool same_field(const std::string& name, const Json& expected, const Json& actual,
                  Names::Pairs& pairs) const;
  bool match(const Json& expected, const Json& actual);

  // The texts of errors that come from the driver.
  std::set<std::string> outside_texts_;
  std::string state_;
  Names names_;
};

}  // namespace azure::iot::device::conformance
