#include <algorithm>
#include <cassert>
#include <utility>

#include "clients/detail/hub_client_core.hpp"
#include "pipeline/operations.hpp"

// What the hub is asked to send: on first use, and again after it has lost the session.
namespace azure::iot::device::detail {

void HubClientCore::submit_with(std::string_view feature, OpPtr op, SteadyTime deadline) {
  if (find(feature).enabled) return submit(std::move(op), deadline);
  // The operation ends with the one that enables, which has the same deadline.
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
  if (find(feature).enabled) return done({});
  // With the twin's responses first, so that the first twin that the chain reads by itself can be
  // answered.
  if (feature == feature::kTwinPatches && ensure_desired_properties_ &&
      !find(feature::kTwin).enabled) {
    return enable(
        feature::kTwin, deadline,
        Completion<void>([this, feature, deadline, done = std::move(done)](Error error) mutable {
          if (error) return done(std::move(error));
          enable(feature, deadline, std::move(done));
        }));
  }
  auto op = make_op<EnableFeatureOperation>(std::string(feature));
  op->then([found = &find(feature), done = std::move(done)](OpPtr, Error error) mutable {
    if (!error) found->enabled = true;
    done(std::move(error));
  });
  submit(std::move(op), deadline);
}

void HubClientCore::disable(std::string_view feature, SteadyTime deadline, Completion<void> done) {
  if (!find(feature).enabled) return done({});
  auto op = make_op<DisableFeatureOperation>(std::string(feature));
  op->then([found = &find(feature), done = std::move(done)](OpPtr, Error error) mutable {
    // Also after a failure, since nobody knows then: as in Python.
    found->enabled = false;
    done(std::move(error));
  });
  submit(std::move(op), deadline);
}

// Unlike Python: a session that the hub has lost does not mean lost events.
void HubClientCore::enable_again(Feature& feature) {
  auto op = make_op<EnableFeatureOperation>(std::string(feature.name));
  op->then([this, lost = &feature](OpPtr, Error error) {
    if (!error) {
      lost->lost = false;
    } else if (connected() && !was_shut_down()) {
      handlers_.route_background_exception(Error(
          error.code(),
          "the hub lost the session, and does not send " + std::string(lost->name) + " any more",
          error));
    }
  });
  op->deadline = deadline_of({});
  // At once: before a request goes out whose response would come on a topic not subscribed to.
  pipeline_->enter(std::move(op));
}

}  // namespace azure::iot::device::detail
