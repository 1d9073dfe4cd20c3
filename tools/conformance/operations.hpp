#pragma once

#include <stdexcept>
#include <string_view>

#include "pipeline/json/json.hpp"
#include "pipeline/operation.hpp"

// Operations as they stand in a trace: {"type": ..., fields...}, and their results.
namespace azure::iot::device::conformance {

// An operation that no stage knows.
struct ArbitraryOperation : OperationOf<ArbitraryOperation> {
  static constexpr std::string_view kName = "ArbitraryOperation";
};

// Python lets a field be what no field of the same operation can be here.
class InexpressibleOperation : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// Throws std::invalid_argument if the type is unknown, and the above.
OpPtr make_recorded_op(const Json& fields);
// The type, under Python's name, and the fields. Those that are not set are left out.
Json describe_op(const Operation& op);

// Sets the results among the fields of a `complete_op`.
void set_results(Operation& op, const Json& from);
// Adds the results that are set: all of an operation that succeeded, maybe some of one that failed.
void add_results(const Operation& op, bool succeeded, Json& to);

}  // namespace azure::iot::device::conformance
