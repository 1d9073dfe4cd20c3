#include "report.hpp"

#include <algorithm>
#include <ostream>

namespace azure::iot::device::conformance {
namespace {

std::string both_names(const Subject& subject) {
  const std::string recorded(subject.recorded_name);
  if (subject.name == subject.recorded_name) return recorded;
  return std::string(subject.name) + " (" + recorded + ")";
}

std::string step_text(const Failure& failure) {
  return failure.step ? " in step " + std::to_string(*failure.step) : std::string();
}

void print_outputs(std::ostream& out, const char* title, const std::vector<Json>& outputs) {
  out << "  " << title << (outputs.empty() ? " nothing\n" : "\n");
  for (const Json& output : outputs) out << "    " << output.dump() << "\n";
}

}  // namespace

void Report::add(const Trace& trace, const Subject& subject, const Verdict& verdict) {
  ++counts_[both_names(subject)][verdict.failure ? kFailed : kPassed];
  steps_ += trace.steps.size();
  compared_steps_ += verdict.compared_steps;
  for (const Accepted& accepted : verdict.accepted) {
    const std::string_view name = accepted.difference->name;
    met_[name].insert(trace.name);
    differing_.insert(trace.name);
    const std::string place = trace.name + ", step " + std::to_string(accepted.step);
    if (verbose_) out_ << place << ": " << name << "\n";
    if (accepted.marked) continue;
    auto& places = unmarked_[name];
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }
  if (verbose_ && !verdict.failure) out_ << trace.name << ": passed\n";
  if (!verdict.failure) return;
  ++failed_;
  print_failure(trace, *verdict.failure);
}

void Report::add_skipped(const Trace& trace) { ++counts_[trace.subject][kSkipped]; }

void Report::print_failure(const Trace& trace, const Failure& failure) {
  out_ << "FAILED " << trace.name << step_text(failure) << ": " << failure.reason << "\n";
  if (trace.suspect) out_ << "  suspect: " << *trace.suspect << "\n";
  if (!failure.step) return;
  const Step& step = trace.steps[*failure.step];
  out_ << "  in  " << step.in.dump() << "\n";
  if (!step.env.empty()) out_ << "  env " << step.env.dump() << "\n";
  print_outputs(out_, "expected", failure.expected);
  print_outputs(out_, "actual", failure.actual);
}

void Report::print_counts() {
  std::array<std::size_t, 3> all{};
  const auto print = [this](const std::string& name, const std::array<std::size_t, 3>& counts) {
    out_ << name << ": " << counts[kPassed] << " passed, " << counts[kFailed] << " failed, "
         << counts[kSkipped] << " skipped\n";
  };
  for (const auto& [name, counts] : counts_) {
    print(name, counts);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] += counts[i];
  }
  print("all", all);
  if (differing_.empty()) return;
  out_ << "accepted differences: " << met_.size() << " kinds in " << differing_.size()
       << " traces; compared output by output: " << compared_steps_ << " of " << steps_
       << " steps\n";
}

void Report::print_differences() {
  for (const Difference& difference : differences()) {
    out_ << difference.name << " (" << difference.stated_in << "), in "
         << met_[difference.name].size() << " traces\n"
         << "  when:           " << difference.trigger << "\n"
         << "  why:            " << difference.reason << "\n"
         << "  still compared: " << difference.still_compared << "\n";
    const auto& places = unmarked_[difference.name];
    if (places.empty()) continue;
    out_ << "  where the recording is not marked suspect:\n";
    for (const std::string& place : places) out_ << "    " << place << "\n";
  }
}

void Report::require_every_difference() {
  for (const Difference& difference : differences()) {
    if (!met_[difference.name].empty()) continue;
    ++failed_;
    out_ << "FAILED the accepted difference " << difference.name << " was never met\n";
  }
}

}  // namespace azure::iot::device::conformance
