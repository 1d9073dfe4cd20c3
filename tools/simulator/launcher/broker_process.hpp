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
  // `installation` is the folder that tools/fetch_broker filled. The broker's messages go to
  // `output`.
  BrokerProcess(std::filesystem::path installation, std::filesystem::path configuration,
                std::filesystem::path output);
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;
  ~BrokerProcess();

  void start();
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }  // 0 while stopped.

  // Describes how the broker ended, if it has ended by itself since the last call.
  std::optional<std::string> poll_exit();

  // SIGSTOP and SIGCONT: while suspended, the broker keeps its connections and does nothing.
  void suspend();
  void resume();

  void kill();  // Sends SIGKILL, as when a server crashes. Returns once the process has ended.
  void stop();  // Sends SIGTERM, and SIGKILL if the process has not ended within two seconds.

 private:
  std::filesystem::path installation_;
  std::filesystem::path configuration_;
  std::filesystem::path output_;
  pid_t pid_ = 0;
};

}  // namespace azure::iot::device::simulator
