#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace azure::iot::device::test {

// A built program, started with additional environment variables, and its output.
class ChildProgram {
 public:
  ChildProgram(const std::string& name, const std::vector<std::string>& arguments,
               const std::vector<std::pair<std::string, std::string>>& environment);
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;
  ~ChildProgram();  // Kills it if it still runs.

  // Waits for a line that begins like this, and returns the whole line; "" if the program ended
  // without one, or none came in time.
  std::string line(const std::string& begin);
  // All output so far, on both channels.
  const std::string& output() const { return output_; }

  void signal(int number) const;
  // Waits for the program to end. Returns its exit status, or 128 plus the signal that ended it. A
  // program that does not end in time is killed.
  int wait();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  bool read_more(Deadline deadline);

  pid_t pid_ = 0;
  int out_ = -1;
  std::string output_;
};

}  // namespace azure::iot::device::test
