#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace azure::iot::device {

class EventLoop;

struct HandlerPoolOptions {
  // How many handlers may be inside user code at the same time.
  std::size_t max_threads = 64;
  // How long a thread without work stays.
  std::chrono::milliseconds idle_time{10'000};
};

// Where the handlers of users run: they may block, which a loop may not. Work comes through a
// SerialQueue.
//
//   auto pool = HandlerPool::create({.max_threads = 4});   // or HandlerPool::shared()
class HandlerPool {
 public:
  // Something that has tasks, of which one at a time may run.
  class Strand {
   public:
    virtual ~Strand() = default;
    // Runs the first task. Whether there are more. Does not throw.
    virtual bool run_one() = 0;
    // The loop that stands in for a thread where none can be started: the pool tries again from
    // there each second and, while it has no thread at all, runs the strand there. Without a loop
    // the strand waits for the next thread.
    virtual std::shared_ptr<EventLoop> loop() const { return nullptr; }
    // No thread can be started, so that the strand has to wait. Any thread.
    virtual void on_no_thread(const std::string& /*why*/) {}
  };

  // Makes a pool that starts without threads, adds one, named "azure-iot-hdlr", whenever there is
  // work and all it has are busy, and lets go of those that have had none for a while. When its
  // last owner goes it waits for no handler: one that is running comes to its own end. Where the
  // system has no thread left, work waits, a background exception says so, and the pool tries again
  // each second. A pool without any thread then runs handlers on the client's event loop, where
  // they must not block and a blocking call throws. Throws std::invalid_argument.
  static std::shared_ptr<HandlerPool> create(const HandlerPoolOptions& options = {});
  // Makes a pool without threads that runs handlers on a loop, between other work: for tests, and
  // for applications whose handlers never block. The loop must outlive it.
  static std::shared_ptr<HandlerPool> create_inline(EventLoop& loop);
  // The one pool that clients use unless told otherwise; lives as long as somebody holds it.
  static std::shared_ptr<HandlerPool> shared();

  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;
  virtual ~HandlerPool() = default;

  // Calls `run_one` again and again until it returns false, letting others have their turn in
  // between. Not again for the same strand before that. Any thread; never blocks.
  virtual void schedule(std::shared_ptr<Strand> strand) = 0;

 protected:
  HandlerPool() = default;
};

}  // namespace azure::iot::device
