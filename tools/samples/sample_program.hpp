#pragma once

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <azure/iot/device/device.hpp>

// Settings from the environment, lines of output, signals and arguments of the samples.
//
//   IOTHUB_CA_FILE   certificates to trust instead of the system's (optional)
//   IOTHUB_PORT      the hub's port, if it is not 8883 (optional)
namespace sample {

// Prints one line at once. Handlers print on threads of their own.
inline void say(const std::string& line) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::cout << line << std::endl;
}

inline std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Returns a setting that must be there; `what` describes its value.
inline std::string required_setting(const std::string& name, const std::string& what) {
  std::string text = setting(name.c_str());
  if (text.empty()) throw std::invalid_argument("set " + name + " to " + what);
  return text;
}

inline std::string connection_string(const char* name) {
  return required_setting(name, "a connection string, as the portal shows it");
}

// The options of a client for the service whose settings begin with that name.
template <class Options = azure::iot::device::ConnectionStringOptions>
Options options(const std::string& service = "IOTHUB") {
  Options options;
  options.server_verification_cert = setting((service + "_CA_FILE").c_str());
  const std::string name = service + "_PORT";
  if (const std::string port = setting(name.c_str()); !port.empty()) {
    const char* const end = port.data() + port.size();
    const auto read = std::from_chars(port.data(), end, options.port);
    if (read.ec != std::errc() || read.ptr != end || options.port == 0) {
      throw std::invalid_argument(name + ": must be a port, 1 to 65535; got " + port);
    }
  }
  return options;
}

// SIGINT and SIGTERM, blocked on this thread and those that it starts. Make it before any other
// thread starts, so that only a StopOnSignal takes them.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void wait() const { sigwaitinfo(&signals_, nullptr); }

 private:
  sigset_t signals_;
};

// Runs `stop` on a thread of its own when a signal comes, also while a call blocks. If `stop` shuts
// the client down, the blocked call throws OperationCancelled. Make it after the client, so that it
// is destroyed first.
class StopOnSignal {
 public:
  StopOnSignal(const BlockedSignals& signals, std::function<void()> stop)
      : watcher_([this, &signals, stop = std::move(stop)] {
          signals.wait();
          {
            const std::scoped_lock lock(mutex_);
            if (leaving_) return;
            came_ = true;
          }
          changed_.notify_all();
          stop();
        }) {}
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  ~StopOnSignal() {
    {
      const std::scoped_lock lock(mutex_);
      leaving_ = true;
    }
    pthread_kill(watcher_.native_handle(), SIGTERM);  // The thread may still wait for a signal.
    watcher_.join();
  }

  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return came_; });
  }
  // Waits for that long at most; returns whether a signal came.
  bool wait_for(std::chrono::seconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return came_; });
  }
  bool came() {
    const std::scoped_lock lock(mutex_);
    return came_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool came_ = false;
  bool leaving_ = false;
  std::thread watcher_;  // Declared last: it uses the others.
};

// Runs a sample. `--help` prints the usage. The flag is the only other argument that is allowed;
// `run` gets whether it was given. Exit status: 0 done, 1 an error, 2 a wrong argument or setting.
inline int run_program(int argc, char** argv, const std::string& usage, const std::string& flag,
                       const std::function<int(bool)>& run) {
  const std::string name = std::filesystem::path(argv[0]).filename();
  const std::string argument = argc > 1 ? argv[1] : "";
  if (argument == "--help" || argument == "-h") {
    std::cout << usage;
    return 0;
  }
  if (argc > 2 || (argc == 2 && (flag.empty() || argument != flag))) {
    std::cerr << name << ": unknown argument '" << argv[argc - 1] << "'\n" << usage;
    return 2;
  }
  try {
    return run(argc == 2);
  } catch (const std::invalid_argument& error) {
    std::cerr << name << ": " << error.what() << "; --help lists the settings\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
    return 1;
  }
}

}  // namespace sample
