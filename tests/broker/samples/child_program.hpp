#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace azure::iot::device::test {

// A program that was built, started with more variables in its environment, and what it prints.
class ChildProgram {
 public:
  ChildProgram(const std::string& name, const std::vector<std::string>& arguments,
               const std::vector<std::pair<std::string, std::string>>& environment);
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;
  ~ChildProgram();  // Kills it if it runs still.

  // Waits until it has printed a line that begins like this, and gives the whole line; "" if it
  // ended without one, or none came in time.
  std::string line(const std::string& begin);
  // All that was printed so far, on both channels.
  const std::string& output() const { return output_; }

  void signal(int number) const;
  // Its exit status, once it has ended; 128 and the signal if one ended it, or did so at last since
  // it did not end in time.
  int wait();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  bool read_more(Deadline deadline);

  pid_t pid_ = 0;
  int out_ = -1;
  std::string output_;
};

}  // namespace azure::iot::device::test
