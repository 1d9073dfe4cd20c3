#pragma once

#include <mutex>

namespace azure::iot::device {

// Detects whether this process is a fork of the one that created the guard. Threads do not survive
// a fork, so an object that owns one does nothing in the child; it does not even clean up.
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
