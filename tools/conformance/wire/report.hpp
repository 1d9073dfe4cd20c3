#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tools/conformance/wire/differences.hpp"
#include "tools/conformance/wire/replay.hpp"

namespace azure::iot::device::conformance::wire {

// Which vector, for the report.
struct VectorId {
  std::string file;
  std::string name;
  bool python_specific = false;
};

// Counts what came of vectors and puts it into words.
class Report {
 public:
  Report(std::ostream& out, bool verbose) : out_(out), verbose_(verbose) {}

  // `replayed` holds what no accepted difference explains.
  void add(const VectorId& id, const Replayed& replayed,
           const std::set<std::string_view>& accepted);
  // It needs what this library does not have.
  void add_skipped(const VectorId& id, const std::string& feature);
  // No program that does this is compiled.
  void add_compile_time(const VectorId& id, const std::string& why);

  // A line for each file, and one for all; then what was skipped, by feature.
  void print_counts();
  // The accepted differences: what they are, and where they were met.
  void print_differences();

  // Names the differences that were never met, each of which is a failure: whatever is accepted
  // must be there, unless a test shows it. For vectors that show all of them.
  void require_every_difference();

  bool failed() const { return failed_ > 0; }

 private:
  enum Count { kPassed, kFailed, kSkipped, kCompileTime, kPythonSpecific };

  void count(const VectorId& id, Count what) { ++counts_[id.file][what]; }
  void print_failure(const VectorId& id, const Replayed& replayed);

  std::ostream& out_;
  const bool verbose_;
  std::map<std::string, std::array<std::size_t, 5>> counts_;
  std::map<std::string, std::size_t> missing_;
  std::map<std::string_view, std::set<std::string>> met_;
  std::set<std::string> differing_;
  std::size_t failed_ = 0;
};

}  // namespace azure::iot::device::conformance::wire
