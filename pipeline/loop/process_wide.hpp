#pragma once

#include <mutex>
#include <utility>

#include "fork_guard.hpp"

namespace azure::iot::device {

// Returns the single T of this process. A forked child gets a new one, since a thread of the parent
// may have been using the old one at the fork. None is ever destroyed, since threads may use it
// while the process ends.
template <class T>
T& process_wide() {
  struct Instance {
    T* current = new T;
    ForkGuard fork_guard;
  };
  static Instance* const instance = new Instance;
  const std::lock_guard lock(ForkGuard::mutex());
  if (std::exchange(instance->fork_guard, ForkGuard{}).in_child()) instance->current = new T;
  return *instance->current;
}

}  // namespace azure::iot::device
