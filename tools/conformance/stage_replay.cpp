// stage-replay: replays recordings of the Python SDK's pipeline stages on the stages of this
// library.
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "recordings.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "subjects.hpp"
#include "trace.hpp"

namespace {

using namespace azure::iot::device::conformance;

struct Options {
  std::vector<std::string> paths;
  std::string subject;
  std::string trace;
  bool list_differences = false;
  bool require_differences = false;
  bool verbose = false;
};

void describe(CLI::App& app, Options& options) {
  app.description(
      "Builds the stage or chain that each trace names, feeds it the recorded inputs, and compares "
      "its outputs with those of the Python SDK.");
  app.footer("Exit status: 0 if no trace failed, 1 if one did, 2 if something cannot be read.");
  app.add_option("FILE|DIR", options.paths, "Traces; of a folder all files that end in .jsonl")
      ->required();
  app.add_option("--subject", options.subject,
                 "Only traces of this subject, under Python's name or ours");
  app.add_option("--trace", options.trace, "Only this trace");
  app.add_flag("--list-differences", options.list_differences,
               "Also list the accepted differences from Python, and where each was met");
  app.add_flag(
      "--require-differences", options.require_differences,
      "Also fail if an accepted difference was never met: for recordings that show all of them");
  app.add_flag("--verbose", options.verbose, "Name every trace as it is replayed");
}

int run(const Options& options) {
  const Subject* only = options.subject.empty() ? nullptr : find_subject(options.subject);
  if (!only && !options.subject.empty()) {
    throw std::invalid_argument("--subject: no such subject is replayed: " + options.subject);
  }
  Report report(std::cout, options.verbose);
  std::size_t found = 0;
  for (const auto& file : find_recordings(options.paths, ".jsonl")) {
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
  if (options.require_differences) report.require_every_difference();
  if (options.list_differences) report.print_differences();
  report.print_counts();
  return report.failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app;
  describe(app, options);
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::cerr << "stage-replay: " << e.what() << "\n";
    return 2;
  }
}
