#pragma once

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <pthread.h>
#include <signal.h>

#include "pipeline/loop/event_loop.hpp"

namespace azure::iot::device {

// No wait in these tests is longer, so that a defect shows as a failure and not as a hang.
inline constexpr std::chrono::seconds kPatience{20};

// Waits for a future's value.
template <class T>
T get(std::future<T> future) {
  if (future.wait_for(kPatience) != std::future_status::ready) {
    throw std::runtime_error("nothing came within 20 s");
  }
  return future.get();
}

// Runs `f` on the loop's thread and returns what it returns, or throws what it throws.
template <class F>
std::invoke_result_t<F> on_loop(EventLoop& loop, F f) {
  std::packaged_task<std::invoke_result_t<F>()> task(std::move(f));
  auto result = task.get_future();
  loop.post([task = std::move(task)]() mutable { task(); });
  return get(std::move(result));
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Returns the text behind `label` in a text of lines.
inline std::string field(const std::string& text, const std::string& label) {
  const auto start = text.find(label);
  if (start == std::string::npos) return {};
  const auto end = text.find('\n', start);
  return text.substr(start + label.size(), end - start - label.size());
}

// Whether `condition` holds within the patience of these tests.
inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// This process's descriptors of one kind ("[eventfd]"), with the system's information about each.
struct FdInfo {
  int fd;
  std::string text;  // As in /proc/self/fdinfo.
};
inline std::vector<FdInfo> descriptors(const std::string& kind) {
  std::vector<FdInfo> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target != "anon_inode:" + kind) continue;
    const std::string number = entry.path().filename().string();
    found.push_back(
        {std::stoi(number), read_text(std::filesystem::path("/proc/self/fdinfo") / number)});
  }
  return found;
}

// How often the loops of this process were woken through their eventfds.
inline unsigned long long eventfd_writes() {
  unsigned long long sum = 0;
  for (const FdInfo& info : descriptors("[eventfd]")) {
    sum += std::stoull(field(info.text, "eventfd-count:"), nullptr, 16);
  }
  return sum;
}

// The threads of this process that have a name.
inline std::vector<int> threads_named(const std::string& name) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    if (read_text(entry.path() / "comm") == name + "\n") {
      found.push_back(std::stoi(entry.path().filename().string()));
    }
  }
  return found;
}

// How often a thread gave up the processor to wait.
inline long waits_of_thread(int tid) {
  const std::string status =
      read_text(std::filesystem::path("/proc/self/task") / std::to_string(tid) / "status");
  return std::stol(field(status, "\nvoluntary_ctxt_switches:"));
}

// The names of the signals below 32 that the calling thread could still receive.
inline std::string signals_not_blocked() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  std::string names;
  for (int signal = 1; signal < 32; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    if (!::sigismember(&blocked, signal)) names += std::string(sigabbrev_np(signal)) + " ";
  }
  return names;
}

// As `signals_not_blocked` where only those that report a fault of the running code are left.
inline constexpr const char* kOnlyFaults = "ILL TRAP ABRT BUS FPE SEGV SYS ";

}  // namespace azure::iot::device
