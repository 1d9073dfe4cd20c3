#include "launcher/broker_process.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::chrono::seconds kStopPatience{2};

std::string describe_exit(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

// The environment with the broker's own libraries in front.
std::vector<std::string> environment_for(const std::filesystem::path& installation) {
  std::string path = read_file(installation / "library_path").value_or("");
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    constexpr std::string_view kName = "LD_LIBRARY_PATH=";
    const std::string_view text(*entry);
    if (!text.starts_with(kName)) {
      environment.emplace_back(text);
    } else if (text.size() > kName.size()) {
      if (!path.empty()) path += ':';
      path += text.substr(kName.size());
    }
  }
  if (!path.empty()) environment.push_back("LD_LIBRARY_PATH=" + path);
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, between fork and exec: only calls that are safe there.
void become_broker(pid_t launcher, const char* folder, int output, char* const* arguments,
                   char* const* environment) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(127);  // The launcher died before it could be watched.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;  // A thousand devices, and then some.
    setrlimit(RLIMIT_NOFILE, &files);
  }
  umask(077);
  if (chdir(folder) != 0) _exit(127);
  const int input = open("/dev/null", O_RDONLY);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

}  // namespace

BrokerProcess::BrokerProcess(std::filesystem::path installation,
                             std::filesystem::path configuration, std::filesystem::path output)
    : installation_(std::move(installation)),
      configuration_(std::move(configuration)),
      output_(std::move(output)) {}

BrokerProcess::~BrokerProcess() { stop(); }

void BrokerProcess::start() {
  std::vector<std::string> arguments{(installation_ / "usr/sbin/mosquitto").string(), "-c",
                                     configuration_.string()};
  std::vector<std::string> environment = environment_for(installation_);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);
  const Fd output = open_for_append(output_);
  const std::string folder = configuration_.parent_path().string();
  const pid_t launcher = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot start the broker");
  if (child == 0) become_broker(launcher, folder.c_str(), output.get(), argv.data(), envp.data());
  pid_ = child;
}

std::optional<std::string> BrokerProcess::poll_exit() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  return describe_exit(status);
}

void BrokerProcess::suspend() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}

void BrokerProcess::resume() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

void BrokerProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

void BrokerProcess::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  while (!poll_exit()) {
    if (std::chrono::steady_clock::now() > deadline) return kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace azure::iot::device::simulator
