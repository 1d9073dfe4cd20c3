#pragma once

#include <thread>

#include "../../pipeline/loop/event_loop.hpp"
#include "../exceptions.hpp"
#include "completion.hpp"

namespace azure::iot::device::detail {

// What the blocking form of calls, and the end of a client, need of what is behind it.
class Core {
 public:
  virtual ~Core() = default;

  virtual EventLoop& loop() = 0;
  // Whom the texts of exceptions speak of.
  virtual Service service() const = 0;
  // Whether this is a forked child's copy. Nobody runs it, and a thread that was left behind may
  // have held any of its locks.
  virtual bool inherited_by_fork() const = 0;

  virtual bool was_shut_down() const = 0;
  virtual void start_shutdown(Completion<void> done) = 0;
  // Shuts down, unless that was begun already, and completes when that is done and no handler runs
  // any more. A handler that runs on the thread `caller` counts as ended. Any thread.
  virtual void start_end(std::thread::id caller, Completion<void> done) = 0;
  // Starts no handler any more.
  virtual void stop_handlers() = 0;
};

}  // namespace azure::iot::device::detail
