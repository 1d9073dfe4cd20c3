#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/loopback.hpp"
#include "tests/support/temporary_folder.hpp"

namespace azure::iot::device::test {

// A foreign program that listens on a port of 127.0.0.1. It ends with the object, and with this
// process.
class LoopbackProgram {
 public:
  // Its command. `arguments` has the program's path first, `environment` is all that it gets, and
  // `output` receives its messages.
  struct Command {
    std::vector<std::string> arguments;
    std::vector<std::string> environment = {};
    std::string output = "/dev/null";
  };

  LoopbackProgram(Command command, std::uint16_t port);
  ~LoopbackProgram();
  LoopbackProgram(const LoopbackProgram&) = delete;
  LoopbackProgram& operator=(const LoopbackProgram&) = delete;

  // Returns once it accepts connections. Throws std::runtime_error if it does not.
  void start();
  // Returns once it accepts no connections any more.
  void kill();
  // Suspends it; its sockets stay.
  void freeze();
  void thaw();

 private:
  void signal(int number);

  const Command command_;
  const std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace azure::iot::device::test
