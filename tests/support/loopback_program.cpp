#include "tests/support/loopback_program.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

constexpr std::chrono::milliseconds kPause{10};
constexpr int kPatience = 1000;  // Pauses.

bool answers(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

LoopbackProgram::LoopbackProgram(Command command, std::uint16_t port)
    : command_(std::move(command)), port_(port) {}

LoopbackProgram::~LoopbackProgram() { kill(); }

void LoopbackProgram::start() {
  // Made before the fork: between fork and exec nothing may be allocated.
  const std::vector<char*> arguments = pointers(command_.arguments);
  const std::vector<char*> environment = pointers(command_.environment);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);  // A group of its own, with whatever it starts.
    const int output = ::open(command_.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  for (int i = 0; i < kPatience; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    if (answers(port_)) return;
    std::this_thread::sleep_for(kPause);
  }
  throw std::runtime_error(command_.arguments[0] + " does not answer at its port");
}

void LoopbackProgram::kill() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  // Its children are not ours to wait for, but hold the port until they have ended.
  for (int i = 0; i < kPatience && answers(port_); ++i) std::this_thread::sleep_for(kPause);
}

void LoopbackProgram::freeze() { signal(SIGSTOP); }
void LoopbackProgram::thaw() { signal(SIGCONT); }

void LoopbackProgram::signal(int number) {
  ::kill(pid_, number);
  ::kill(-pid_, number);  // And its children.
}

}  // namespace azure::iot::device::test
