#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace azure::iot::device {

class EventLoop;

struct HandlerPoolOptions {
  // The number of handlers that may run at the same time.
  std::size_t max_threads = 64;
  // How long a thread stays without work.
  std::chrono::milliseconds idle_time{10'000};
};

// Runs the handlers of the application, which may block, unlike work on a loop. Work enters as a
// Strand, such as a SerialQueue.
//
//   auto pool = HandlerPool::create({.max_threads = 4});   // or HandlerPool::shared()
class HandlerPool {
 public:
  // A source of tasks that run one at a time.
  class Strand {
   public:
    virtual ~Strand() = default;
    // Runs the first task. Returns whether there are more. Does not throw.
    virtual bool run_one() = 0;
    // The loop that replaces a thread if none can be started. The pool retries from there each
    // second. While it has no thread at all, it runs the strand there. Without a loop the strand
    // waits for the next thread.
    virtual std::shared_ptr<EventLoop> loop() const { return nullptr; }
    // Called if no thread can be started and the strand has to wait. Any thread.
    virtual void on_no_thread(const std::string& /*why*/) {}
  };

  // Creates a pool without threads. It adds one, named "azure-iot-hdlr", whenever there is work and
  // all its threads are busy. A thread without work for `idle_time` ends. Releasing the last owner
  // does not wait for handlers: one that is running completes by itself. If the system has no
  // thread left, work waits, a background exception reports it, and the pool retries each second. A
  // pool without any thread then runs handlers on the client's event loop. There they must not
  // block, and a blocking call throws. Throws std::invalid_argument if an option is invalid.
  static std::shared_ptr<HandlerPool> create(const HandlerPoolOptions& options = {});
  // Creates a pool without threads that runs handlers on a loop, between other work. It is for
  // tests, and for applications whose handlers never block. The loop must outlive it.
  static std::shared_ptr<HandlerPool> create_inline(EventLoop& loop);
  // Returns the pool that clients share by default. It lives as long as it has an owner.
  static std::shared_ptr<HandlerPool> shared();

  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;
  virtual ~HandlerPool() = default;

  // Calls `run_one` repeatedly until it returns false; other strands take turns in between. Do not
  // schedule the same strand again before that. Any thread; never blocks.
  virtual void schedule(std::shared_ptr<Strand> strand) = 0;

 protected:
  HandlerPool() = default;
};

}  // namespace azure::iot::device
