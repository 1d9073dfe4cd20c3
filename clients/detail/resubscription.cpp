#include "clients/detail/resubscription.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "pipeline/operations.hpp"
#include "pipeline/stages/op_timeout_stage.hpp"
#include "pipeline/stages/retry_stage.hpp"

namespace azure::iot::device::detail {

void Resubscription::begin(Pipeline& pipeline, std::string_view feature, SteadyTime until,
                           Done done) {
  cancel();
  pipeline_ = &pipeline;
  feature_ = feature;
  link_up_since_ = pipeline.loop().now();
  until_ = until;
  done_ = std::move(done);
  if (links_lost_ < kMostLinks) return attempt();
  constexpr int kMostDoublings = 3;
  const int doublings = std::min(links_lost_ - kMostLinks, kMostDoublings);
  again_.start(pipeline.loop(), kFirstPause * (1 << doublings), [this] { attempt(); });
}

void Resubscription::attempt() {
  const SteadyTime now = pipeline_->loop().now();
  if (now >= until_) return end(Error(Errc::timed_out, "timed out before the next attempt"));
  auto op = make_op<EnableFeatureOperation>(std::string(feature_));
  op->deadline = std::min(until_, saturating_add(now, OpTimeoutStage::kAttempt));
  op->then([this, number = ++number_](OpPtr, Error error) { on_attempted(number, error); });
  under_way_ = true;
  // Entered at once, before any request whose response would come on a topic not yet subscribed to.
  pipeline_->enter(std::move(op));
}

void Resubscription::on_attempted(int number, const Error& error) {
  if (number != number_) return;
  under_way_ = false;
  if (!error) links_lost_ = 0;
  EventLoop& loop = pipeline_->loop();
  if (error.code() == Errc::timed_out && loop.now() < until_) {
    return again_.start(loop, RetryStage::kPause, [this] { attempt(); });
  }
  end(error);
}

void Resubscription::end(const Error& error) {
  const Done done = std::move(done_);
  if (done) done(error);
}

void Resubscription::on_link_down(bool blamed, SteadyTime now) {
  if (blamed) links_lost_ = now - link_up_since_ < kSoon ? links_lost_ + 1 : 0;
  cancel();
}

void Resubscription::cancel() {
  again_.cancel();
  ++number_;
  under_way_ = false;
  done_ = nullptr;
}

}  // namespace azure::iot::device::detail
