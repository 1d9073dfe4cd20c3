#include <utility>

#include "clients/detail/client_core.hpp"
#include "clients/detail/quiet_wait.hpp"
#include "pipeline/operations.hpp"

namespace azure::iot::device::detail {

// Shuts a client down, step by step on the loop's thread. Keeps the core until it has completed.
class ClientCore::Shutdown : public std::enable_shared_from_this<Shutdown> {
 public:
  Shutdown(std::shared_ptr<ClientCore> core, std::thread::id caller, Completion<void> done)
      : core_(std::move(core)), caller_(caller), done_(std::move(done)) {}

  void run() {
    limit_ = saturating_add(core_->loop_->now(), kShutdownLimit);
    // A stage that holds an operation forever must not hold up the client.
    give_up_.start_deadline(*core_->loop_, limit_, [self = shared_from_this()] { self->close(); });
    if (core_->pipeline_->nucleus().connected()) return disconnect();
    shut_down_pipeline();
  }

 private:
  // Sends a DISCONNECT to the hub while there is a connection.
  void disconnect() {
    auto op = make_op<DisconnectOperation>();
    op->deadline = saturating_add(core_->loop_->now(), kDisconnectLimit);
    op->then([self = shared_from_this()](OpPtr, Error) {
      self->later([self] { self->shut_down_pipeline(); });
    });
    core_->pipeline_->enter(std::move(op));
  }

  void shut_down_pipeline() {
    auto op = make_op<ShutdownPipelineOperation>();
    op->deadline = limit_;
    op->then([self = shared_from_this()](OpPtr, Error) { self->later([self] { self->close(); }); });
    core_->pipeline_->enter(std::move(op));
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    const auto self = shared_from_this();
    give_up_.cancel();
    core_->close();
    auto wait = std::make_shared<QuietWait>(core_->loop_, [self](bool) { self->end(); });
    wait->start(limit_);
    core_->when_quiet(caller_, [wait] { wait->quiet(); });
  }

  // Completes after the loop has dropped its last reference to the core, so that the waiting thread
  // can join the loop's thread.
  void end() {
    core_->stop_handlers();
    core_->shutdown_ended_ = true;
    later([done = std::move(done_), others = std::move(core_->shutdowns_)]() mutable {
      done({});
      for (auto& other : others) other({});
    });
  }

  // Runs `f` outside the stages, which may be in the middle of a call.
  template <class F>
  void later(F f) {
    core_->loop_->post(std::move(f));
  }

  const std::shared_ptr<ClientCore> core_;
  const std::thread::id caller_;
  Completion<void> done_;
  SteadyTime limit_{};
  Timer give_up_;
  bool closed_ = false;
};

void ClientCore::start_shutdown(Completion<void> done) {
  if (shut_down_.exchange(true)) return join_shutdown(std::move(done));
  run_shutdown(std::this_thread::get_id(), std::move(done));
}

void ClientCore::start_end(std::thread::id caller, Completion<void> done) {
  if (!shut_down_.exchange(true)) return run_shutdown(caller, std::move(done));
  auto completion = std::make_shared<Completion<void>>(std::move(done));
  const auto quiet = [completion] { (*completion)({}); };
  if (shutdown_ended_) return when_quiet(caller, quiet);
  join_shutdown(Completion<void>([core = shared_from_this(), caller, quiet](const Error&) {
    core->when_quiet(caller, quiet);
  }));
}

void ClientCore::run_shutdown(std::thread::id caller, Completion<void> done) {
  auto shutdown = std::make_shared<Shutdown>(shared_from_this(), caller, std::move(done));
  loop_->post([shutdown] { shutdown->run(); });
}

void ClientCore::join_shutdown(Completion<void> done) {
  loop_->post([self = shared_from_this(), done = std::move(done)]() mutable {
    if (!self->shutdown_ended_) return self->shutdowns_.push_back(std::move(done));
    self.reset();  // See Shutdown::end.
    done({});
  });
}

}  // namespace azure::iot::device::detail
