#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "fork_guard.hpp"

namespace azure::iot::device {

// Returns the T shared in this process, created by `create` if there is none. It lives as long as
// it has an owner. A forked child gets its own.
template <class T, class Create>
std::shared_ptr<T> shared_instance(Create create) {
  struct Instance {
    std::weak_ptr<T> current;
    ForkGuard fork_guard;
  };
  // Never destroyed: destructors that run at exit may call this function.
  static Instance* const instance = new Instance;
  const std::lock_guard lock(ForkGuard::mutex());
  if (std::exchange(instance->fork_guard, ForkGuard{}).in_child()) instance->current.reset();
  std::shared_ptr<T> held = instance->current.lock();
  if (!held) instance->current = held = create();
  return held;
}

}  // namespace azure::iot::device
