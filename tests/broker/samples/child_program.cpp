#include "broker/samples/child_program.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{30};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProgram::ChildProgram(const std::string& name, const std::vector<std::string>& arguments,
                           const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<std::string> words{TEST_BIN_DIR "/" + name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  for (const auto& [variable, value] : environment) variables.push_back(variable + '=' + value);
  for (char** inherited = environ; *inherited; ++inherited) variables.emplace_back(*inherited);

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  const int error = posix_spawn(&pid_, words[0].c_str(), &actions, nullptr,
                                pointers_to(words).data(), pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  out_ = ends[0];
  if (error != 0) {
    ::close(out_);
    throw std::runtime_error("cannot run " + words[0]);
  }
}

ChildProgram::~ChildProgram() {
  if (pid_ > 0) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
}

std::string ChildProgram::line(const std::string& begin) {
  for (const Deadline deadline = steady_clock::now() + kPatience;;) {
    const std::string_view printed = output_;
    for (std::size_t at = 0, end; (end = printed.find('\n', at)) != printed.npos; at = end + 1) {
      if (printed.substr(at).starts_with(begin)) return std::string(printed.substr(at, end - at));
    }
    if (!read_more(deadline)) return "";
  }
}

void ChildProgram::signal(int number) const { ::kill(pid_, number); }

int ChildProgram::wait() {
  const Deadline deadline = steady_clock::now() + kPatience;
  while (read_more(deadline)) {
  }
  if (steady_clock::now() >= deadline) signal(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Returns false at the end of the output, or if none arrives before the deadline.
bool ChildProgram::read_more(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
  pollfd entry{out_, POLLIN, 0};
  if (::poll(&entry, 1, static_cast<int>(std::max<long>(left, 0))) <= 0) return false;
  std::array<char, 4096> chunk;
  const auto count = ::read(out_, chunk.data(), chunk.size());
  if (count <= 0) return false;
  output_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace azure::iot::device::test
