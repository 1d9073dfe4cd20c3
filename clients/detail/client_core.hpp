#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "../../pipeline/loop/fork_guard.hpp"
#include "../../pipeline/pipeline.hpp"
#include "../stage_insertion.hpp"
#include "core.hpp"

namespace azure::iot::device::detail {

// Timeout of one call: empty for the client's `operation_timeout`, 0 for no limit.
using Timeout = std::optional<std::chrono::milliseconds>;

// Common base of the clients of all services, below their calls: a pipeline on a loop, from its
// first operation to its shutdown.
class ClientCore : public Core, public std::enable_shared_from_this<ClientCore> {
 public:
  // Longest duration of a shutdown, in any state.
  static constexpr Duration kShutdownLimit = std::chrono::milliseconds{900};
  // Share of it that a DISCONNECT may take.
  static constexpr Duration kDisconnectLimit = std::chrono::milliseconds{500};

  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;
  ~ClientCore() override;

  EventLoop& loop() final { return *loop_; }
  Service service() const final { return service_; }
  bool inherited_by_fork() const final { return fork_guard_.in_child(); }
  bool was_shut_down() const final { return shut_down_.load(std::memory_order_acquire); }

  // Overtakes everything: waiting operations fail with `operation_cancelled`, and later calls are
  // refused. Running handlers get the rest of kShutdownLimit to return, except one that makes this
  // call. Completes within kShutdownLimit. A second call completes with the first. Any thread.
  void start_shutdown(Completion<void> done) final;
  // If another call has begun the shutdown, this may complete on the thread of a handler, and it
  // waits for handlers without a limit.
  void start_end(std::thread::id caller, Completion<void> done) final;
  void stop_handlers() override {}

 protected:
  ClientCore(Service service, std::shared_ptr<EventLoop> loop, Duration operation_timeout);

  // Initializes the pipeline with the stages of the application in it. Call once, before any other
  // call. Throws an exception of `exceptions.hpp` if that fails, or std::invalid_argument if the
  // cause is an option.
  void start_pipeline(std::shared_ptr<Pipeline> pipeline,
                      const std::vector<StageInsertion>& stages);

  // Throws std::invalid_argument if the timeout is negative.
  SteadyTime deadline_of(Timeout timeout) const;
  // Fails the call if the client was shut down.
  template <class T>
  bool refuse(Completion<T>& done) const {
    if (!was_shut_down()) return false;
    done(shut_down_error());
    return true;
  }
  // The same for a call without a completion: throws instead.
  void check_not_shut_down() const;
  void submit(OpPtr op, SteadyTime deadline);

  // Called once on the loop's thread, after the pipeline has been closed. Fails everything that
  // waits outside of it, for the same reason.
  virtual void on_closed(const Error& why) = 0;
  // Calls `f` when no handler runs, except one on the thread `caller`. Any thread.
  virtual void when_quiet(std::thread::id caller, std::function<void()> f);

  const std::shared_ptr<EventLoop> loop_;
  // Closed by the derived class, so that it is closed or destroyed before the objects that its
  // operations call back.
  std::shared_ptr<Pipeline> pipeline_;

 private:
  class Shutdown;

  static Error shut_down_error();
  void insert(const std::vector<StageInsertion>& stages);
  void initialize();
  void close();
  void close_and_wait();
  void run_shutdown(std::thread::id caller, Completion<void> done);
  void join_shutdown(Completion<void> done);

  const ForkGuard fork_guard_;
  const Service service_;
  const Duration operation_timeout_;
  std::atomic<bool> shut_down_ = false;
  std::atomic<bool> shutdown_ended_ = false;
  // Later calls of a shutdown that is under way. Loop's thread only.
  std::vector<Completion<void>> shutdowns_;
};

}  // namespace azure::iot::device::detail
