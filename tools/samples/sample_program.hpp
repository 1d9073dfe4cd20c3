#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>

#include <azure/iot/device/device.hpp>

// What the samples need besides the library: settings from the environment, lines, signals.
//
//   IOTHUB_CA_FILE   certificates to trust instead of the system's (optional)
//   IOTHUB_PORT      the hub's port, if it is not 8883 (optional)
namespace sample {

// One line at a time, at once, since handlers speak on threads of their own.
inline void say(const std::string& line) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::cout << line << std::endl;
}

inline std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// One that has to be there; `what` says what it is to be.
inline std::string required_setting(const std::string& name, const std::string& what) {
  std::string text = setting(name.c_str());
  if (text.empty()) throw std::invalid_argument("set " + name + " to " + what);
  return text;
}

inline std::string connection_string(const char* name) {
  return required_setting(name, "a connection string, as the portal shows it");
}

// The options of a client for the service whose settings begin like that.
template <class Options = azure::iot::device::ConnectionStringOptions>
Options options(const std::string& service = "IOTHUB") {
  Options options;
  options.server_verification_cert = setting((service + "_CA_FILE").c_str());
  const std::string name = service + "_PORT";
  if (const std::string port = setting(name.c_str()); !port.empty()) {
    const int number = std::atoi(port.c_str());
    if (number < 1 || number > 65535) {
      throw std::invalid_argument(name + ": must be a port, 1 to 65535; got " + port);
    }
    options.port = static_cast<std::uint16_t>(number);
  }
  return options;
}

// SIGINT and SIGTERM, which end a sample. To be made before any thread starts, so that they are
// taken here and nowhere else.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  // Waits for one.
  void wait() const { sigwaitinfo(&signals_, nullptr); }
  // The same for so long at most; whether one came.
  bool wait_for(std::chrono::seconds time) const {
    const timespec limit{time.count(), 0};
    return sigtimedwait(&signals_, nullptr, &limit) >= 0;
  }

 private:
  sigset_t signals_;
};

}  // namespace sample
