#include "tools/bench/worker.hpp"

#include <array>
#include <cerrno>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/loop/unique_fd.hpp"
#include "tools/bench/modes.hpp"

extern char** environ;

namespace azure::iot::device::bench {
namespace {

// A worker ends by itself well before.
constexpr unsigned kSecondsUntilKilled = 120;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
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

Figures run_in_process(const Job& job) {
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
  const std::string text = read_all(output.get());
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  const auto json = Json::parse(text);
  if (status != 0 || !json) {
    throw std::runtime_error("the run of " + job.mode + " failed; its reason stands above");
  }
  return to_figures(*json);
}

}  // namespace azure::iot::device::bench
