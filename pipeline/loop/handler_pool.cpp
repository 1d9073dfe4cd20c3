#include "pipeline/loop/handler_pool.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "pipeline/loop/event_loop.hpp"
#include "pipeline/loop/shared_instance.hpp"
#include "pipeline/loop/thread_handler_pool.hpp"

namespace azure::iot::device {
namespace {

class InlineHandlerPool final : public HandlerPool {
 public:
  explicit InlineHandlerPool(EventLoop& loop) : loop_(loop) {}
  void schedule(std::shared_ptr<Strand> strand) override { post(loop_, std::move(strand)); }

 private:
  // Does not refer to the pool, which may be destroyed before the loop runs the work.
  static void post(EventLoop& loop, std::shared_ptr<Strand> strand) {
    loop.post([&loop, strand = std::move(strand)]() mutable {
      if (strand->run_one()) post(loop, std::move(strand));
    });
  }

  EventLoop& loop_;
};

}  // namespace

std::shared_ptr<HandlerPool> HandlerPool::create(const HandlerPoolOptions& options) {
  if (options.max_threads == 0) {
    throw std::invalid_argument("max_threads must be at least 1, and is 0");
  }
  if (options.idle_time < std::chrono::milliseconds::zero()) {
    throw std::invalid_argument("idle_time must not be negative, and is " +
                                std::to_string(options.idle_time.count()) + " ms");
  }
  return ThreadHandlerPool::create(options);
}

std::shared_ptr<HandlerPool> HandlerPool::create_inline(EventLoop& loop) {
  return std::make_shared<InlineHandlerPool>(loop);
}

std::shared_ptr<HandlerPool> HandlerPool::shared() {
  return shared_instance<HandlerPool>([] { return create(); });
}

}  // namespace azure::iot::device
