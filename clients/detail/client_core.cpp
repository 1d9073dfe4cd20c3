#include "clients/detail/client_core.hpp"

#include <stdexcept>
#include <utility>

#include "clients/detail/waiter.hpp"
#include "pipeline/operations.hpp"

namespace azure::iot::device::detail {

ClientCore::ClientCore(Service service, std::shared_ptr<EventLoop> loop, Duration operation_timeout)
    : loop_(std::move(loop)), service_(service), operation_timeout_(operation_timeout) {}

ClientCore::~ClientCore() = default;

void ClientCore::start_pipeline(std::shared_ptr<Pipeline> pipeline,
                                const std::vector<StageInsertion>& stages) {
  pipeline_ = std::move(pipeline);
  insert(stages);
  initialize();
}

void ClientCore::insert(const std::vector<StageInsertion>& stages) {
  for (const StageInsertion& insertion : stages) {
    std::unique_ptr<Stage> stage = insertion.make ? insertion.make() : nullptr;
    if (!stage) {
      throw std::invalid_argument(
          "stages: each needs a function that makes it; none was made for "
          "the place at \"" +
          insertion.name + "\"");
    }
    if (insertion.place == StageInsertion::Place::before) {
      pipeline_->insert_before(insertion.name, std::move(stage));
    } else {
      pipeline_->insert_after(insertion.name, std::move(stage));
    }
  }
}

void ClientCore::initialize() {
  Waiter<void> waiter;
  auto op = make_op<InitializePipelineOperation>();
  op->then(
      [done = Completion<void>(waiter)](OpPtr, Error error) mutable { done(std::move(error)); });
  // No stage holds this operation, so even the loop's own thread may wait for it.
  if (loop_->in_loop_thread()) {
    pipeline_->enter(std::move(op));
  } else {
    pipeline_->submit(std::move(op));
  }
  const Error error = waiter.get();
  if (!error) return;
  shut_down_ = true;
  close_and_wait();
  // Unreadable content comes from an option: the contents of a certificate.
  if (error.code() == Errc::bad_content) throw std::invalid_argument(error.detail());
  throw_error(error, service_);
}

SteadyTime ClientCore::deadline_of(Timeout timeout) const {
  if (timeout && *timeout < timeout->zero()) {
    throw std::invalid_argument("timeout: must not be negative; 0 means no timeout; got " +
                                std::to_string(timeout->count()) + " ms");
  }
  const Duration allowed = timeout ? saturating_duration(*timeout) : operation_timeout_;
  return allowed == Duration::zero() ? kNever : saturating_add(loop_->steady_now(), allowed);
}

Error ClientCore::shut_down_error() {
  return Error(Errc::pipeline_not_running, "the client was shut down");
}

void ClientCore::check_not_shut_down() const {
  if (was_shut_down()) throw_error(shut_down_error(), service_);
}

void ClientCore::submit(OpPtr op, SteadyTime deadline) {
  op->deadline = deadline;
  pipeline_->submit(std::move(op));
}

void ClientCore::when_quiet(std::thread::id, std::function<void()> f) { f(); }

void ClientCore::close_and_wait() {
  if (loop_->in_loop_thread()) return close();
  Waiter<void> waiter;
  loop_->post([this, done = Completion<void>(waiter)]() mutable {
    close();
    done({});
  });
  waiter.get();
}

void ClientCore::close() {
  const Error why(Errc::operation_cancelled, "the client was shut down");
  pipeline_->close(why);
  on_closed(why);
}

}  // namespace azure::iot::device::detail
