#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "fork_guard.hpp"

namespace azure::iot::device {

// The one T of this process, made by `create` when nobody holds one. A forked child gets its own.
template <class T, class Create>
std::shared_ptr<T> shared_instance(Create create) {
  struct Instance {
    std::weak_ptr<T> current;
    ForkGuard fork_guard;
  };
  // Never destroyed: what the application destroys at its exit may come here.
  static Instance* const instance = new Instance;
  const std::lock_guard lock(ForkGuard::mutex());
  if (std::exchange(instance->fork_guard, ForkGuard{}).in_child()) instance->current.reset();
  std::shared_ptr<T> held = instance->current.lock();
  if (!held) instance->current = held = create();
  return held;
}

}  // namespace azure::iot::device
