#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "pipeline/loop/handler_pool.hpp"
#include "testkit/test_client.hpp"

namespace azure::iot::device::test {

// Starts handlers only on request, as if all threads were busy until then.
class HeldHandlerPool final : public HandlerPool {
 public:
  void schedule(std::shared_ptr<Strand> strand) override { held_.push_back(std::move(strand)); }
  void run() {
    while (!held_.empty()) {
      const auto strand = std::move(held_.front());
      held_.pop_front();
      while (strand->run_one()) {
      }
    }
  }
  void forget() { held_.clear(); }

 private:
  std::deque<std::shared_ptr<Strand>> held_;
};

// A client whose handlers are held. It has the calls of TestClient.
class HeldHandlersClient : public TestClient {
 public:
  explicit HeldHandlersClient(ConnectionStringOptions options = {}) {
    options.event_loop = loop;
    core.reset();
    core = detail::HubClientCore::create(
        detail::config_from_connection_string(kTestConnectionString, options), transport.factory(),
        handlers);
  }
  ~HeldHandlersClient() { handlers->forget(); }

  // Runs the handlers and the work that follows.
  void run_handlers() {
    handlers->run();
    loop->run_posted();
  }

  std::shared_ptr<HeldHandlerPool> handlers = std::make_shared<HeldHandlerPool>();
};

}  // namespace azure::iot::device::test
