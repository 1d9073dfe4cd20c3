#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "simulation/failure.hpp"
#include "simulation/seeds.hpp"
#include "simulation/simulation.hpp"

namespace {

using namespace azure::iot::device;
using namespace azure::iot::device::simulation;

constexpr std::string_view kUsage =
    R"(usage: simulation [--seeds N] [--first S] [--jobs N] [--expect-violation]
       simulation --seed N [--verbose]

Runs random schedules of user calls, faults and jumps of the clock on the chain of a hub client, in
virtual time, and checks that it keeps its promises. A schedule that breaks one is shrunk to the
shortest that still does, and printed.

  --seeds N           how many schedules (2000)
  --first S           the seed of the first of them (0)
  --jobs N            in how many processes (1)
  --expect-violation  a promise has to be broken: for programs with a defect built in
  --seed N            this schedule alone, with its steps
  --verbose           and with everything that happens in it
  --help              this text

Exit status: 0 as expected, 1 not as expected, 2 wrong usage.
)";

struct Options {
  Seeds seeds{.first = 0, .count = 2000};
  unsigned jobs = 1;
  bool expect_violation = false;
  std::optional<std::uint64_t> seed;
  bool verbose = false;
  bool help = false;
};

std::uint64_t number(std::string_view option, std::string_view text, std::uint64_t least) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) {
    throw std::invalid_argument(std::string(option) + ": must be a number of at least " +
                                std::to_string(least) + "; got \"" + std::string(text) + "\"");
  }
  return value;
}

Options read(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    const auto value = [&](std::uint64_t least) {
      if (++i == argc) throw std::invalid_argument(std::string(option) + ": needs a number");
      return number(option, argv[i], least);
    };
    if (option == "--seeds") {
      options.seeds.count = value(1);
    } else if (option == "--first") {
      options.seeds.first = value(0);
    } else if (option == "--jobs") {
      options.jobs = static_cast<unsigned>(std::min<std::uint64_t>(value(1), 64));
    } else if (option == "--expect-violation") {
      options.expect_violation = true;
    } else if (option == "--seed") {
      options.seed = value(0);
    } else if (option == "--verbose") {
      options.verbose = true;
    } else if (option == "--help") {
      options.help = true;
    } else {
      throw std::invalid_argument("there is no option \"" + std::string(option) + "\"");
    }
  }
  return options;
}

bool replay(std::uint64_t seed, bool verbose) {
  const Schedule schedule = make_schedule(seed);
  const Report report = simulate(schedule, verbose ? &std::cout : nullptr);
  if (!report.violation) {
    if (!verbose) std::cout << describe(schedule);
    std::cout << "seed " << seed << ": every promise was kept\n";
    return true;
  }
  std::cout << explain_failure(seed);
  if (verbose) {
    std::cout << "which goes like this:\n";
    simulate(shrink_schedule(seed), &std::cout);
  }
  return false;
}

bool run_many(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = options.jobs == 1 ? run_seeds(options.seeds)
                                            : run_seeds_in_processes(options.seeds, options.jobs);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

  Counts::for_each([&](std::string_view name, auto member) {
    std::cout << outcome.counts.*member << ' ' << name << '\n';
  });
  std::cout << "in " << took.count() << " s\n";
  if (outcome.failed) std::cout << explain_failure(*outcome.failed);
  if (outcome.failed.has_value() == options.expect_violation) return true;
  if (options.expect_violation) std::cout << "no schedule broke a promise\n";
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = read(argc, argv);
    if (options.help) {
      std::cout << kUsage;
      return 0;
    }
    const bool good = options.seed ? replay(*options.seed, options.verbose) : run_many(options);
    return good ? 0 : 1;
  } catch (const std::invalid_argument& e) {
    std::cerr << "simulation: " << e.what() << "\n\n" << kUsage;
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "simulation: " << e.what() << '\n';
    return 1;
  }
}
