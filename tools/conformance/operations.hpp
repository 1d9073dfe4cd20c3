#pragma once

#include <stdexcept>
#include <string_view>

#include "pipeline/json/json.hpp"
#include "pipeline/operation.hpp"

// Operations as they stand in a trace: {"type": ..., fields...}, and their results.
namespace azure::iot::device::conformance {

// An operation of a type that no stage knows.
struct ArbitraryOperation : OperationOf<ArbitraryOperation> {
  static constexpr std::string_view kName = "ArbitraryOperation";
};

// Thrown if Python allows a value in a field that the same field cannot hold here.
class InexpressibleOperation : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// Throws std::invalid_argument if the type is unknown, or the exception above.
OpPtr make_recorded_op(const Json& fields);
// Returns the type, under Python's name, and the fields that are set.
Json describe_op(const Operation& op);

// Sets the results among the fields of a `complete_op`.
void set_results(Operation& op, const Json& from);
// Adds the results that are set. An operation that failed may have some.
void add_results(const Operation& op, bool succeeded, Json& to);

}  // namespace azure::iot::device::conformance
