#pragma once

#include <thread>

#include "../../pipeline/loop/event_loop.hpp"
#include "../exceptions.hpp"
#include "completion.hpp"

namespace azure::iot::device::detail {

// Interface that the blocking form of calls, and the end of a client, need from the client's core.
class Core {
 public:
  virtual ~Core() = default;

  virtual EventLoop& loop() = 0;
  // Service that the texts of exceptions name.
  virtual Service service() const = 0;
  // Whether this is a forked child's copy. It has no running loop, and its locks may have been held
  // by threads of the parent.
  virtual bool inherited_by_fork() const = 0;

  virtual bool was_shut_down() const = 0;
  virtual void start_shutdown(Completion<void> done) = 0;
  // Shuts down, unless that was begun already. Completes when the shutdown has completed and no
  // handler runs. A handler that runs on the thread `caller` counts as ended. Any thread.
  virtual void start_end(std::thread::id caller, Completion<void> done) = 0;
  // Prevents any further call of a handler.
  virtual void stop_handlers() = 0;
};

}  // namespace azure::iot::device::detail
