#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "replay.hpp"

namespace azure::iot::device::conformance {

// Counts verdicts and prints them.
class Report {
 public:
  Report(std::ostream& out, bool verbose) : out_(out), verbose_(verbose) {}

  void add(const Trace& trace, const Subject& subject, const Verdict& verdict);
  void add_skipped(const Trace& trace);

  // Prints a line for each subject, and one for all.
  void print_counts();
  // Prints the accepted differences, how often each was met, and where a recording is not marked as
  // one that may differ.
  void print_differences();
  // Names the differences that were never met, and counts each as a failure, since every accepted
  // difference must occur. For traces that show all of them.
  void require_every_difference();

  bool failed() const { return failed_ > 0; }

 private:
  enum Outcome { kPassed, kFailed, kSkipped };

  void print_failure(const Trace& trace, const Failure& failure);

  std::ostream& out_;
  const bool verbose_;
  std::map<std::string, std::array<std::size_t, 3>> counts_;  // By subject.
  std::map<std::string_view, std::set<std::string>> met_;     // Traces, by difference.
  std::map<std::string_view, std::vector<std::string>> unmarked_;
  std::set<std::string> differing_;
  std::size_t failed_ = 0;
  std::size_t steps_ = 0;
  std::size_t compared_steps_ = 0;
};

}  // namespace azure::iot::device::conformance
