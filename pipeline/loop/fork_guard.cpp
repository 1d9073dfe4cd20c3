#include "pipeline/loop/fork_guard.hpp"

#include <atomic>

#include <pthread.h>

namespace azure::iot::device {
namespace {

// Counts the forks between the first process and this one.
std::atomic<unsigned> generation = 0;

void before_fork() { ForkGuard::mutex().lock(); }
void after_fork_in_parent() { ForkGuard::mutex().unlock(); }
void after_fork_in_child() {
  generation.fetch_add(1, std::memory_order_relaxed);
  ForkGuard::mutex().unlock();
}

}  // namespace

std::mutex& ForkGuard::mutex() {
  static std::mutex* const mutex =
      new std::mutex;  // Never destroyed: the process may fork at any time.
  return *mutex;
}

ForkGuard::ForkGuard() : made_in_(generation.load(std::memory_order_relaxed)) {
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

bool ForkGuard::in_child() const { return made_in_ != generation.load(std::memory_order_relaxed); }

}  // namespace azure::iot::device
