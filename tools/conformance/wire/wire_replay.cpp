// wire-replay: replays recordings of the wire of the Python SDK's clients on the clients of this
// library.
#include <atomic>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "certificates.hpp"
#include "functions.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "scope.hpp"
#include "tools/conformance/recordings.hpp"

namespace {

using namespace azure::iot::device::conformance::wire;
using azure::iot::device::conformance::find_recordings;

struct Options {
  std::vector<std::string> paths;
  std::string vector;
  std::size_t jobs = 16;
  bool list_differences = false;
  bool require_differences = false;
  bool verbose = false;
};

void describe(CLI::App& app, Options& options) {
  app.description(
      "Creates the client that each vector names, against a service on loopback that behaves as "
      "the vector says, over real TLS sockets. Makes the calls of the recorded application, and "
      "compares packets, results and handler calls with those of the Python SDK. Functions without "
      "a client are called directly.");
  app.footer(
      "A vector that needs a feature which this library lacks is skipped, under the feature's "
      "name. "
      "One that\nno program of C++ can follow, with an unknown option or a value of a wrong type, "
      "is "
      "compile-time. One\nthat depends on Python's types, and differs, is python-specific.\n\n"
      "Exit status: 0 if no vector failed, 1 if one did, 2 if something cannot be read.");
  app.add_option("FILE|DIR", options.paths,
                 "Vectors; of a folder all files that end in .json, except constants.json")
      ->required();
  app.add_option("--vector", options.vector, "Only this vector");
  app.add_option("--jobs", options.jobs,
                 "How many vectors to replay at a time: most of them wait (default 16)")
      ->check(CLI::Range(1, 64));
  app.add_flag("--list-differences", options.list_differences,
               "Also list the accepted differences from Python, and where each was met");
  app.add_flag(
      "--require-differences", options.require_differences,
      "Also fail if an accepted difference was never met: for recordings that show all of them");
  app.add_flag(
      "--verbose", options.verbose,
      "Print the name of every vector as it is replayed, and the reason why it was left out");
}

// A vector that can be replayed.
struct Job {
  VectorId id;
  std::function<Replayed(std::set<std::string_view>& accepted)> replay;
};

// The outcome of a job. A job that cannot be replayed fails.
void run_job(const Job& job, Report& report, std::mutex& mutex) {
  std::set<std::string_view> accepted;
  Replayed replayed;
  try {
    replayed = job.replay(accepted);
  } catch (const std::exception& e) {
    replayed.deviations.push_back({Deviation::Kind::creation, -1, {}, {{"error", e.what()}}});
  }
  const std::lock_guard lock(mutex);
  report.add(job.id, replayed, accepted);
}

void run_jobs(const std::vector<Job>& jobs, std::size_t at_a_time, Report& report) {
  const bool shows_progress = ::isatty(STDERR_FILENO) != 0;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < at_a_time; ++i) {
    threads.emplace_back([&] {
      for (std::size_t job; (job = next++) < jobs.size();) {
        run_job(jobs[job], report, mutex);
        const std::string progress =
            "\r" + std::to_string(++done) + " of " + std::to_string(jobs.size());
        if (shows_progress) std::cerr << progress << std::flush;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (shows_progress) std::cerr << "\r\033[K" << std::flush;
}

int run(const Options& options) {
  Certificates::get();
  Report report(std::cout, options.verbose);
  std::vector<VectorFile> files;
  for (const auto& file : find_recordings(options.paths, ".json", "constants.json"))
    files.push_back(read_vectors(file));

  std::vector<Job> jobs;
  std::size_t found = 0;
  const auto wanted = [&](const std::string& name) {
    const bool yes = options.vector.empty() || name == options.vector;
    found += yes;
    return yes;
  };
  for (const VectorFile& file : files) {
    for (const Vector& vector : file.vectors) {
      if (!wanted(vector.name)) continue;
      const VectorId id{file.name, vector.name, vector.python_specific || vector.unstable};
      if (const auto feature = missing_feature(vector)) {
        report.add_skipped(id, *feature);
      } else if (const auto why = refused_option(vector)) {
        report.add_compile_time(id, *why);
      } else {
        jobs.push_back({id, [&vector](auto& accepted) {
                          Replayed replayed = replay(vector);
                          accepted = explain(vector, replayed.deviations);
                          return replayed;
                        }});
      }
    }
    for (const FunctionVector& vector : file.functions) {
      if (!wanted(vector.name)) continue;
      const VectorId id{file.name, vector.name, vector.python_specific};
      if (const auto feature = missing_feature(vector)) {
        report.add_skipped(id, *feature);
      } else {
        jobs.push_back({id, [&vector](auto&) { return replay(vector); }});
      }
    }
  }
  if (found == 0) throw std::invalid_argument("FILE|DIR: holds no vector that is asked for");
  run_jobs(jobs, options.jobs, report);
  if (options.require_differences) report.require_every_difference();
  if (options.list_differences) report.print_differences();
  report.print_counts();
  return report.failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // The sockets of connections that the service ends.
  Options options;
  CLI::App app;
  describe(app, options);
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::cerr << "wire-replay: " << e.what() << "\n";
    return 2;
  }
}
