// The mosquitto broker as a child process that cannot outlive its launcher.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace azure::iot::device::simulator {

class BrokerProcess {
 public:
  // `installation` is what tools/fetch_broker made. What the broker prints goes to `output`.
  BrokerProcess(std::filesystem::path installation, std::filesystem::path configuration,
                std::filesystem::path output);
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;
  ~BrokerProcess();

  void start();
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }  // 0 while stopped.

  // How it ended, in words, if it has ended by itself since the last call.
  std::optional<std::string> poll_exit();

  // SIGSTOP and SIGCONT: in between it keeps its connections and does nothing.
  void suspend();
  void resume();

  void kill();  // SIGKILL, as when a server crashes. Returns when it is gone.
  void stop();  // SIGTERM, and SIGKILL when it does not follow within two seconds.

 private:
  std::filesystem::path installation_;
  std::filesystem::path configuration_;
  std::filesystem::path output_;
  pid_t pid_ = 0;
};

}  // namespace azure::iot::device::simulator
