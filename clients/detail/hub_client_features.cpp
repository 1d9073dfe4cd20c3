#include <algorithm>
#include <cassert>
#include <iterator>
#include <string>
#include <utility>

#include "clients/detail/hub_client_core.hpp"
#include "pipeline/operations.hpp"

// Features that the client enables at the hub: on first use, and again after the hub has lost the
// session.
namespace azure::iot::device::detail {

void HubClientCore::submit_with(std::string_view feature, OpPtr op, SteadyTime deadline) {
  if (find(feature).enabled) return submit(std::move(op), deadline);
  // If enabling fails, the operation fails with it; both have the same deadline.
  enable(feature, deadline,
         Completion<void>([this, deadline, op = std::move(op)](Error error) mutable {
           if (error) return complete(std::move(op), std::move(error));
           submit(std::move(op), deadline);
         }));
}

HubClientCore::Feature& HubClientCore::find(std::string_view feature) {
  const auto found = std::find_if(features_.begin(), features_.end(),
                                  [&](const Feature& f) { return f.name == feature; });
  assert(found != features_.end());
  return *found;
}

void HubClientCore::enable(std::string_view feature, SteadyTime deadline, Completion<void> done) {
  loop_->post(
      [this, self = shared_from_this(), feature, deadline, done = std::move(done)]() mutable {
        enable_now(feature, deadline, std::move(done));
      });
}

void HubClientCore::disable(std::string_view feature, SteadyTime deadline, Completion<void> done) {
  loop_->post(
      [this, self = shared_from_this(), feature, deadline, done = std::move(done)]() mutable {
        change(find(feature), false, deadline, std::move(done));
      });
}

void HubClientCore::enable_now(std::string_view name, SteadyTime deadline, Completion<void> done) {
  Feature& feature = find(name);
  Feature& twin = find(feature::kTwin);
  // The twin's responses come first, so that the first twin that the chain reads by itself can be
  // answered.
  const bool twin_first = name == feature::kTwinPatches && ensure_desired_properties_;
  if (!twin_first || feature.enabled || twin.enabled) {
    return change(feature, true, deadline, std::move(done));
  }
  change(twin, true, deadline,
         Completion<void>([this, &feature, deadline, done = std::move(done)](Error error) mutable {
           if (error) return done(std::move(error));
           change(feature, true, deadline, std::move(done));
         }));
}

// Runs one operation at a time for each feature. Calls for the same change share the outcome of the
// running operation. So neither many threads nor a flapping link multiply the subscriptions.
void HubClientCore::change(Feature& feature, bool enable, SteadyTime deadline,
                           Completion<void> done) {
  FeatureCall& call = feature.calls.emplace_back(enable, deadline, std::move(done));
  if (!feature.changing) return advance(feature);
  if (deadline == kNever) return;
  const auto place = std::prev(feature.calls.end());
  call.timer.start_deadline(*loop_, deadline, [this, &feature, place] {
    end_call(feature, place,
             Error(Errc::timed_out,
                   "timed out while an earlier call waited for the hub to begin "
                   "or end the sending of " +
                       std::string(feature.name)));
  });
}

void HubClientCore::advance(Feature& feature) {
  while (!feature.changing && !feature.calls.empty()) {
    if (feature.calls.front().enable != feature.enabled) {
      start_change(feature);
    } else {
      end_call(feature, feature.calls.begin(), {});
    }
  }
}

void HubClientCore::start_change(Feature& feature) {
  FeatureCall& first = feature.calls.front();
  first.timer.cancel();  // The operation has the same deadline.
  feature.changing = true;
  if (!first.enable) {
    feature.lost = false;
    feature.resubscription.cancel();
  }
  const std::string name(feature.name);
  OpPtr op = first.enable ? OpPtr(make_op<EnableFeatureOperation>(name))
                          : OpPtr(make_op<DisableFeatureOperation>(name));
  op->deadline = first.deadline;
  op->then([this, &feature, enable = first.enable](OpPtr, Error error) {
    on_changed(feature, enable, error);
  });
  pipeline_->enter(std::move(op));
}

void HubClientCore::on_changed(Feature& feature, bool enable, const Error& error) {
  feature.changing = false;
  // As in Python, a feature is disabled even after a failure, since its state is unknown then.
  if (!error || !enable) feature.enabled = enable;
  // The calls that shared the operation end with it, except those with time left after a timeout.
  const SteadyTime now = loop_->now();
  std::list<FeatureCall> ended;
  for (auto call = feature.calls.begin(); call != feature.calls.end() && call->enable == enable;) {
    const auto next = std::next(call);
    const bool goes_on = error.code() == Errc::timed_out && call->deadline > now;
    if (!goes_on) ended.splice(ended.end(), feature.calls, call);
    call = next;
  }
  for (FeatureCall& call : ended) {
    call.timer.cancel();
    call.done(error);
  }
  advance(feature);
}

void HubClientCore::end_call(Feature& feature, std::list<FeatureCall>::iterator call, Error error) {
  std::list<FeatureCall> ended;
  ended.splice(ended.begin(), feature.calls, call);
  ended.front().timer.cancel();
  ended.front().done(std::move(error));
}

// Unlike Python: no events are lost for good when the hub has lost the session.
void HubClientCore::enable_again(Feature& feature) {
  feature.resubscription.begin(
      *pipeline_, feature.name, deadline_of({}), [this, &feature](const Error& error) {
        feature.lost = static_cast<bool>(error);
        // A disconnect by the application, or a new connect, cancels it; it is retried on the next
        // connection.
        if (!error || error.code() == Errc::operation_cancelled) return;
        if (!connected() || was_shut_down()) return;
        handlers_.route_background_exception(Error(error.code(),
                                                   "the hub lost the session, and does not send " +
                                                       std::string(feature.name) + " any more",
                                                   error));
      });
}

// A hub that refuses a subscription ends the connection, after it has acknowledged the earlier
// ones. So only the oldest subscription under way is blamed.
void HubClientCore::on_link_down(const Error& cause) {
  bool blamed = static_cast<bool>(cause);
  for (Feature& feature : features_) {
    const bool oldest = blamed && feature.resubscription.under_way();
    feature.resubscription.on_link_down(oldest, loop_->now());
    if (oldest) blamed = false;
  }
}

}  // namespace azure::iot::device::detail
