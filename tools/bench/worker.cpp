#include "tools/bench/worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop/unique_fd.hpp"
#include "tools/bench/modes.hpp"

extern char** environ;

namespace azure::iot::device::bench {
namespace {

// Ends the worker even if the program that started it cannot kill it.
constexpr unsigned kSecondsUntilKilled = 120;

// Returns the bytes written to `fd` until the other end closes it; nothing if that takes too long.
std::optional<std::string> read_all(int fd, std::chrono::duration<double> limit) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::ceil<std::chrono::milliseconds>(limit);
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready == 0) return std::nullopt;
    const ssize_t got = ready < 0 ? -1 : ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int wait_for_end(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

[[noreturn]] void fail(const Job& job, const std::string& how) {
  throw std::runtime_error("the run of " + job.mode + " with " + std::to_string(job.in_flight) +
                           " in flight " + how);
}

}  // namespace

const Mode* find_mode(std::string_view name) {
  for (const Mode& mode : kModes) {
    if (mode.name == name) return &mode;
  }
  return nullptr;
}

std::vector<std::string> worker_arguments(const Job& job) {
  return {"worker",      job.mode,
          "--port",      std::to_string(job.port),
          "--ca",        job.ca_file,
          "--client-id", job.client_id,
          "--payload",   std::to_string(job.payload),
          "--in-flight", std::to_string(job.in_flight),
          "--messages",  std::to_string(job.messages)};
}

void run_worker(const Job& job) {
  ::alarm(kSecondsUntilKilled);
  const Mode* const mode = find_mode(job.mode);
  if (!mode) throw std::invalid_argument("there is no mode " + job.mode);
  std::cout << to_json(mode->run(job)).dump() << std::endl;
}

Figures run_in_process(const Job& job, std::chrono::duration<double> limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "no pipe could be made");
  }
  const UniqueFd output(ends[0]);
  UniqueFd input(ends[1]);

  std::vector<std::string> arguments = worker_arguments(job);
  arguments.insert(arguments.begin(), "iot-bench");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw std::system_error(failed, std::generic_category(), "a worker could not be started");
  }
  input = UniqueFd();
  const auto text = read_all(output.get(), limit);
  if (!text) ::kill(pid, SIGKILL);
  const int status = wait_for_end(pid);
  if (!text) {
    fail(job, "did not end in time and was killed; is the machine overloaded? See --limit");
  }
  if (WIFSIGNALED(status)) fail(job, std::string("crashed: ") + ::strsignal(WTERMSIG(status)));
  const auto json = Json::parse(*text);
  if (status != 0 || !json) fail(job, "failed; its reason stands above");
  return to_figures(*json);
}

}  // namespace azure::iot::device::bench
