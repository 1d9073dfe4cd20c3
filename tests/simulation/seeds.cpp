#include "simulation/seeds.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "simulation/simulation.hpp"

namespace azure::iot::device::simulation {
namespace {

// The result that a process writes to its parent: small enough for one write.
struct Answer {
  Counts counts;
  bool failed = false;
  std::uint64_t seed = 0;
};

Outcome run_every(const Seeds& seeds, std::uint64_t from, std::uint64_t stride) {
  Outcome outcome;
  for (std::uint64_t i = from; i < seeds.count; i += stride) {
    const Report report = simulate(make_schedule(seeds.first + i));
    outcome.counts.add(report.counts);
    if (!report.violation) continue;
    outcome.failed = seeds.first + i;
    break;
  }
  return outcome;
}

[[noreturn]] void work(const Seeds& seeds, std::uint64_t from, std::uint64_t stride, int pipe) {
  const Outcome outcome = run_every(seeds, from, stride);
  const Answer answer{outcome.counts, outcome.failed.has_value(), outcome.failed.value_or(0)};
  const bool written = write(pipe, &answer, sizeof answer) == ssize_t{sizeof answer};
  _exit(written ? 0 : 1);
}

}  // namespace

Outcome run_seeds(const Seeds& seeds) { return run_every(seeds, 0, 1); }

Outcome run_seeds_in_processes(const Seeds& seeds, unsigned processes) {
  struct Worker {
    pid_t pid;
    int pipe;
  };
  std::vector<Worker> workers;
  for (unsigned i = 0; i < processes; ++i) {
    int ends[2];
    if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid == 0) work(seeds, i, processes, ends[1]);
    ::close(ends[1]);
    workers.push_back({pid, ends[0]});
  }

  Outcome outcome;
  bool died = false;
  for (const Worker& worker : workers) {
    Answer answer;
    died |= read(worker.pipe, &answer, sizeof answer) != ssize_t{sizeof answer};
    ::close(worker.pipe);
    int status = 0;
    waitpid(worker.pid, &status, 0);
    died |= status != 0;
    if (died) continue;
    outcome.counts.add(answer.counts);
    if (answer.failed) {
      outcome.failed = std::min(outcome.failed.value_or(answer.seed), answer.seed);
    }
  }
  if (died) {
    throw std::runtime_error("a process died while it ran its schedules: run with --jobs 1");
  }
  return outcome;
}

}  // namespace azure::iot::device::simulation
