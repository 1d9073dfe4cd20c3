#pragma once

#include "fork_guard.hpp"
#include "handler_pool.hpp"

namespace azure::iot::device {

// The pool with threads.
class ThreadHandlerPool final : public HandlerPool {
 public:
  static std::shared_ptr<HandlerPool> create(const HandlerPoolOptions& options);
  void schedule(std::shared_ptr<Strand> strand) override;

 private:
  struct Worker;
  struct State;
  class Retry;

  explicit ThreadHandlerPool(const HandlerPoolOptions& options);
  ~ThreadHandlerPool() override;
  static void queue_again(State& state, Worker& self, std::shared_ptr<Strand> strand);
  static void work(std::shared_ptr<State> state, std::shared_ptr<Worker> self);

  ForkGuard fork_guard_;
  // Shared with the threads: one that is inside a handler may outlive the pool.
  std::shared_ptr<State> state_;
};

}  // namespace azure::iot::device
