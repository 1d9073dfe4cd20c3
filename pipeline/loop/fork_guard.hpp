#pragma once

#include <mutex>

namespace azure::iot::device {

// Tells whether this process is a fork of the one in which the guard was made. Threads do not
// survive a fork, so whatever owns one does nothing in the child, not even clean up.
class ForkGuard {
 public:
  ForkGuard();
  bool in_child() const;

  // A mutex that no thread holds while the process forks.
  static std::mutex& mutex();

 private:
  unsigned made_in_;
};

}  // namespace azure::iot::device
