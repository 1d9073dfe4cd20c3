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

// How long one call may take: nothing for the client's `operation_timeout`, 0 for ever.
using Timeout = std::optional<std::chrono::milliseconds>;

// What the clients of all services have in common below their calls: a pipeline on a loop, from its
// first operation to its end.
class ClientCore : public Core, public std::enable_shared_from_this<ClientCore> {
 public:
  // Within this a shutdown is over, whatever state it meets.
  static constexpr Duration kShutdownLimit = std::chrono::milliseconds{900};
  // What a DISCONNECT may take of it.
  static constexpr Duration kDisconnectLimit = std::chrono::milliseconds{500};

  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;
  ~ClientCore() override;

  EventLoop& loop() final { return *loop_; }
  Service service() const final { return service_; }
  bool inherited_by_fork() const final { return fork_guard_.in_child(); }
  bool was_shut_down() const final { return shut_down_.load(std::memory_order_acquire); }

  // Overtakes everything: what waits fails with `operation_cancelled`, and no call is accepted any
  // more. Handlers that run get the rest of kShutdownLimit to end, unless it is one of them that
  // calls. Ends within kShutdownLimit. A second call ends with the first. Any thread.
  void start_shutdown(Completion<void> done) final;
  // Where another call has begun the shutdown, it may complete on the thread of a handler, and
  // waits for handlers without a limit.
  void start_end(std::thread::id caller, Completion<void> done) final;
  void stop_handlers() override {}

 protected:
  ClientCore(Service service, std::shared_ptr<EventLoop> loop, Duration operation_timeout);

  // Has the pipeline ready, with the stages of the application in it. Once, before any other call.
  // Throws what `exceptions.hpp` says if it cannot be, std::invalid_argument where the cause is an
  // option.
  void start_pipeline(std::shared_ptr<Pipeline> pipeline,
                      const std::vector<StageInsertion>& stages);

  // Throws std::invalid_argument if the timeout is negative.
  SteadyTime deadline_of(Timeout timeout) const;
  // Refuses the call if the client was shut down.
  template <class T>
  bool refuse(Completion<T>& done) const {
    if (!was_shut_down()) return false;
    done(shut_down_error());
    return true;
  }
  // The same for a call without a completion: throws.
  void check_not_shut_down() const;
  void submit(OpPtr op, SteadyTime deadline);

  // The pipeline is closed, and with it whatever waits beside it ends for the same reason. On the
  // loop's thread, once.
  virtual void on_closed(const Error& why) = 0;
  // Calls `f` when no handler runs any more but one on the thread `caller`. Any thread.
  virtual void when_quiet(std::thread::id caller, std::function<void()> f);

  const std::shared_ptr<EventLoop> loop_;
  // Destroyed, or at least closed, before what its operations tell: who derives closes it.
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
  // Calls after the first, while it is under way. Of the loop's thread.
  std::vector<Completion<void>> shutdowns_;
};

}  // namespace azure::iot::device::detail
