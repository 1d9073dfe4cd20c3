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

// The vector's name for the report.
struct VectorId {
  std::string file;
  std::string name;
  bool python_specific = false;
};

// Counts the outcomes of vectors and prints them.
class Report {
 public:
  Report(std::ostream& out, bool verbose) : out_(out), verbose_(verbose) {}

  // `replayed` has only the deviations that no accepted difference explains.
  void add(const VectorId& id, const Replayed& replayed,
           const std::set<std::string_view>& accepted);
  // Counts a vector that needs a feature which this library does not have.
  void add_skipped(const VectorId& id, const std::string& feature);
  // Counts a vector for which no program compiles.
  void add_compile_time(const VectorId& id, const std::string& why);

  // Prints a line for each file, and one for all; then the skipped vectors, by feature.
  void print_counts();
  // Prints the accepted differences, and where each was met.
  void print_differences();

  // Names the differences that were never met, and counts each as a failure, since every accepted
  // difference must occur unless a test shows it. For vectors that show all of them.
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
