// stage-replay: replays recordings of the Python SDK's pipeline stages on the stages of this
// library.
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "replay.hpp"
#include "report.hpp"
#include "subjects.hpp"
#include "trace.hpp"

namespace {

using namespace azure::iot::device::conformance;

constexpr std::string_view kUsage =
    R"(usage: stage-replay FILE|DIR... [--subject NAME] [--trace NAME] [--list-differences] [--verbose]

Builds the stage, or the whole chain, that each trace names, feeds it the recorded inputs and
compares what it does with what the Python SDK did. Of a folder all files that end in .jsonl are
replayed.

  --subject NAME       only traces of this subject, under Python's name or ours
  --trace NAME         only this trace
  --list-differences   also say which differences from Python are accepted, and where they were met
  --verbose            name every trace as it is replayed

Exit status: 0 if no trace failed, 1 if one did, 2 if something cannot be read.
)";

struct Options {
  std::vector<std::string> paths;
  std::string subject;
  std::string trace;
  bool list_differences = false;
  bool verbose = false;
  bool help = false;

  bool filtered() const { return !subject.empty() || !trace.empty(); }
};

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&] {
      if (i + 1 == arguments.size()) throw std::invalid_argument(argument + ": needs a value");
      return arguments[++i];
    };
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--subject") {
      options.subject = value();
    } else if (argument == "--trace") {
      options.trace = value();
    } else if (argument == "--list-differences") {
      options.list_differences = true;
    } else if (argument == "--verbose") {
      options.verbose = true;
    } else if (argument.starts_with("-")) {
      throw std::invalid_argument(argument + ": unknown option; see --help");
    } else {
      options.paths.push_back(argument);
    }
  }
  if (options.paths.empty() && !options.help) {
    throw std::invalid_argument("FILE|DIR: needs at least one; see --help");
  }
  return options;
}

int run(const Options& options) {
  const Subject* only = options.subject.empty() ? nullptr : find_subject(options.subject);
  if (!only && !options.subject.empty()) {
    throw std::invalid_argument("--subject: no such subject is replayed: " + options.subject);
  }
  Report report(std::cout, options.verbose);
  std::size_t found = 0;
  for (const auto& file : find_trace_files(options.paths)) {
    for (const Trace& trace : read_traces(file)) {
      const Subject* subject = find_subject(trace.subject);
      if (only && subject != only) continue;
      if (!options.trace.empty() && trace.name != options.trace) continue;
      ++found;
      if (subject) {
        report.add(trace, *subject, replay(trace, *subject));
      } else {
        report.add_skipped(trace);
      }
    }
  }
  if (found == 0) throw std::invalid_argument("FILE|DIR: holds no trace that is asked for");
  if (!options.filtered()) report.require_every_difference();
  if (options.list_differences) report.print_differences();
  report.print_counts();
  return report.failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse({argv + 1, argv + argc});
    if (options.help) {
      std::cout << kUsage;
      return 0;
    }
    return run(options);
  } catch (const std::exception& e) {
    std::cerr << "stage-replay: " << e.what() << "\n";
    return 2;
  }
}
