#include "tools/conformance/wire/report.hpp"

#include <ostream>

namespace azure::iot::device::conformance::wire {
namespace {

// A document of up to 256 KB in a message must not hide the rest.
std::string shortened(const Json& side) {
  constexpr std::size_t kLongest = 1200;
  if (side.is_null()) return "nothing";
  std::string text = side.dump();
  if (text.size() > kLongest) text = text.substr(0, kLongest) + " ...";
  return text;
}

}  // namespace

void Report::add(const VectorId& id, const Replayed& replayed,
                 const std::set<std::string_view>& accepted) {
  if (replayed.compile_time) return add_compile_time(id, *replayed.compile_time);
  for (const std::string_view difference : accepted) {
    met_[difference].insert(id.name);
    differing_.insert(id.file + "/" + id.name);
    if (verbose_) out_ << id.file << " " << id.name << ": " << difference << "\n";
  }
  if (replayed.deviations.empty()) {
    count(id, kPassed);
    if (verbose_) out_ << id.file << " " << id.name << ": passed\n";
  } else if (id.python_specific) {
    count(id, kPythonSpecific);
    if (verbose_) out_ << id.file << " " << id.name << ": differs, and depends on Python's types";
  } else {
    count(id, kFailed);
    ++failed_;
    print_failure(id, replayed);
  }
}

void Report::add_skipped(const VectorId& id, const std::string& feature) {
  count(id, kSkipped);
  ++missing_[feature];
  if (verbose_) out_ << id.file << " " << id.name << ": skipped, needs " << feature << "\n";
}

void Report::add_compile_time(const VectorId& id, const std::string& why) {
  count(id, kCompileTime);
  if (verbose_) out_ << id.file << " " << id.name << ": compile-time: " << why << "\n";
}

void Report::print_failure(const VectorId& id, const Replayed& replayed) {
  const Deviation& first = replayed.deviations.front();
  out_ << "FAILED " << id.file << " " << id.name << ": " << first.describe() << " differs";
  if (const std::size_t more = replayed.deviations.size() - 1; more > 0) {
    out_ << ", and " << more << " more";
  }
  out_ << "\n";
  for (const Deviation& each : replayed.deviations) {
    out_ << "  " << each.describe() << "\n    expected " << shortened(each.expected)
         << "\n    actual   " << shortened(each.actual) << "\n";
  }
}

void Report::print_counts() {
  std::array<std::size_t, 5> all{};
  const auto print = [this](const std::string& name, const std::array<std::size_t, 5>& counts) {
    out_ << name << ": " << counts[kPassed] << " passed, " << counts[kFailed] << " failed, "
         << counts[kSkipped] << " skipped";
    if (counts[kCompileTime] > 0) out_ << ", " << counts[kCompileTime] << " compile-time";
    if (counts[kPythonSpecific] > 0) out_ << ", " << counts[kPythonSpecific] << " python-specific";
    out_ << "\n";
  };
  for (const auto& [file, counts] : counts_) {
    print(file, counts);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += counts[i];
  }
  print("all", all);
  for (const auto& [feature, count] : missing_) {
    out_ << "skipped for want of " << feature << ": " << count << "\n";
  }
  if (differing_.empty()) return;
  out_ << "accepted differences: " << met_.size() << " kinds in " << differing_.size()
       << " vectors\n";
}

void Report::print_differences() {
  for (const Difference& difference : differences()) {
    out_ << difference.name << " (" << difference.stated_in << "), in "
         << met_[difference.name].size() << " vectors\n"
         << "  when:           " << difference.trigger << "\n"
         << "  why:            " << difference.reason << "\n"
         << "  still compared: " << difference.still_compared << "\n";
    if (!difference.shown_by.empty()) out_ << "  shown by:       " << difference.shown_by << "\n";
    for (const std::string& name : met_[difference.name]) out_ << "    " << name << "\n";
  }
}

void Report::require_every_difference() {
  for (const Difference& difference : differences()) {
    if (!difference.shown_by.empty() || !met_[difference.name].empty()) continue;
    ++failed_;
    out_ << "FAILED the accepted difference " << difference.name << " was never met\n";
  }
}

}  // namespace azure::iot::device::conformance::wire
