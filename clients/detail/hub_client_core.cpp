#include "clients/detail/hub_client_core.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

#include "clients/detail/quiet_wait.hpp"
#include "clients/detail/waiter.hpp"
#include "iothub/iothub_events.hpp"
#include "iothub/iothub_pipeline.hpp"
#include "iothub/user_agent.hpp"
#include "pipeline/events.hpp"
#include "pipeline/log.hpp"
#include "pipeline/operations.hpp"

namespace azure::iot::device::detail {
namespace {

constexpr std::string_view kName = "Client";

}  // namespace

std::shared_ptr<HubClientCore> HubClientCore::create(HubClientConfig config,
                                                     MqttTransportFactory make_transport,
                                                     std::shared_ptr<HandlerPool> handler_pool) {
  const std::vector<StageInsertion> stages = std::move(config.stages);
  std::shared_ptr<HubClientCore> core(
      new HubClientCore(std::move(config), std::move(make_transport), std::move(handler_pool)));
  core->insert(stages);
  core->initialize();
  return core;
}

HubClientCore::HubClientCore(HubClientConfig config, MqttTransportFactory make_transport,
                             std::shared_ptr<HandlerPool> handler_pool)
    : loop_(std::move(config.loop)),
      operation_timeout_(config.pipeline.operation_timeout),
      ensure_desired_properties_(config.hub.ensure_desired_properties),
      client_id_(get_hub_client_id(config.hub.device_id, config.hub.module_id)),
      handlers_(std::move(handler_pool)),
      pipeline_(make_iothub_mqtt_pipeline(loop_, std::move(config.pipeline), std::move(config.hub),
                                          std::move(make_transport),
                                          [this](const Event& event) { on_event(event); })) {}

// Whatever ran on the loop has closed the pipeline; this is for a loop that ended before.
HubClientCore::~HubClientCore() { pipeline_->close(Error(Errc::pipeline_not_running)); }

void HubClientCore::insert(const std::vector<StageInsertion>& stages) {
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

void HubClientCore::initialize() {
  Waiter<void> waiter;
  auto op = make_op<InitializePipelineOperation>();
  op->then(
      [done = Completion<void>(waiter)](OpPtr, Error error) mutable { done(std::move(error)); });
  // No stage keeps this operation, so that also the loop's own thread may wait for it.
  if (loop_->in_loop_thread()) {
    pipeline_->enter(std::move(op));
  } else {
    pipeline_->submit(std::move(op));
  }
  try {
    waiter.get();
  } catch (const IotError& e) {
    shut_down_ = true;
    loop_->post([core = shared_from_this()] { core->close_pipeline(); });
    // What could not be read was an option: the contents of a certificate.
    if (e.error().code() == Errc::bad_content) throw std::invalid_argument(e.error().detail());
    throw;
  }
}

void HubClientCore::start_connect(Timeout timeout, Completion<void> done) {
  submit(make_op<ConnectOperation>(), timeout, std::move(done));
}

void HubClientCore::start_disconnect(Timeout timeout, Completion<void> done) {
  submit(make_op<DisconnectOperation>(), timeout, std::move(done));
}

void HubClientCore::start_send_message(Message message, Timeout timeout, Completion<void> done) {
  if (const std::size_t size = message.get_size(); size > kTelemetryMessageSizeLimit) {
    throw std::invalid_argument("message: payload and properties together must not exceed " +
                                std::to_string(kTelemetryMessageSizeLimit) + " bytes; got " +
                                std::to_string(size));
  }
  submit(make_op<SendD2CMessageOperation>(std::move(message)), timeout, std::move(done));
}

void HubClientCore::start_send_method_response(MethodResponse response, Timeout timeout,
                                               Completion<void> done) {
  submit(make_op<SendMethodResponseOperation>(std::move(response)), timeout, std::move(done));
}

void HubClientCore::start_get_twin(Timeout timeout, Completion<Json> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  auto op = make_op<GetTwinOperation>();
  op->then([done = std::move(done)](Owned<GetTwinOperation> got, Error error) mutable {
    if (error) return done(std::move(error));
    done(std::move(got->twin));
  });
  submit_with(feature::kTwin, std::move(op), deadline);
}

void HubClientCore::start_patch_twin_reported_properties(Json patch, Timeout timeout,
                                                         Completion<void> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  auto op = make_op<PatchTwinReportedPropertiesOperation>(std::move(patch));
  op->then([done = std::move(done)](OpPtr, Error error) mutable { done(std::move(error)); });
  submit_with(feature::kTwin, std::move(op), deadline);
}

void HubClientCore::start_on_message_received(std::function<void(Message)> handler, Timeout timeout,
                                              Completion<void> done) {
  set_receive_handler(handlers_.on_message_received(), std::move(handler), feature::kC2D, timeout,
                      std::move(done));
}

void HubClientCore::start_on_method_request_received(std::function<void(MethodRequest)> handler,
                                                     Timeout timeout, Completion<void> done) {
  set_receive_handler(handlers_.on_method_request_received(), std::move(handler), feature::kMethods,
                      timeout, std::move(done));
}

void HubClientCore::start_on_twin_desired_properties_patch_received(
    std::function<void(Json)> handler, Timeout timeout, Completion<void> done) {
  set_receive_handler(handlers_.on_twin_desired_properties_patch_received(), std::move(handler),
                      feature::kTwinPatches, timeout, std::move(done));
}

void HubClientCore::on_connection_state_change(std::function<void(ConnectionStateChange)> handler) {
  if (!handler) return handlers_.on_connection_state_change().set_handler({});
  handlers_.on_connection_state_change().set_handler(
      [handler = std::move(handler)](ConnectionStateEvent event) {
        ConnectionStateChange change{.connected = event.connected, .reason = {}};
        if (!event.connected) change.reason = make_disconnect_reason(event.cause);
        handler(std::move(change));
      });
}

void HubClientCore::on_background_exception(std::function<void(const IotError&)> handler) {
  if (!handler) return handlers_.on_background_exception().set_handler({});
  handlers_.on_background_exception().set_handler([handler = std::move(handler)](Error error) {
    with_exception(error, [&](const auto& exception) { handler(exception); });
  });
}

template <class T>
void HubClientCore::set_receive_handler(HandlerRunner<T>& runner, std::function<void(T)> handler,
                                        std::string_view feature, Timeout timeout,
                                        Completion<void> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  const bool set = static_cast<bool>(handler);
  runner.set_handler(std::move(handler));
  if (set) return enable(feature, deadline, std::move(done));

  disable(feature, deadline,
          Completion<void>([this, &runner, deadline, caller = std::this_thread::get_id(),
                            done = std::move(done)](Error error) mutable {
            if (error) return done(std::move(error));
            auto shared_done = std::make_shared<Completion<void>>(std::move(done));
            auto wait = std::make_shared<QuietWait>(loop_, [this, shared_done](bool quiet) {
              if (quiet) return (*shared_done)({});
              (*shared_done)(Error(shut_down_ ? Errc::operation_cancelled : Errc::timed_out,
                                   "the handler that was cleared is still running"));
            });
            wait->start(deadline);
            runner.when_quiet(caller, [wait] { wait->quiet(); });
            loop_->post([core = shared_from_this(), wait] { core->end_with_shutdown(wait); });
          }));
}

SteadyTime HubClientCore::deadline_of(Timeout timeout) const {
  if (timeout && *timeout < timeout->zero()) {
    throw std::invalid_argument("timeout: must not be negative; 0 means no timeout; got " +
                                std::to_string(timeout->count()) + " ms");
  }
  // Whatever a Duration cannot hold is as good as for ever.
  constexpr auto kLongest = std::chrono::floor<std::chrono::milliseconds>(Duration::max());
  if (timeout && *timeout > kLongest) return kNever;
  const Duration allowed = timeout ? Duration(*timeout) : operation_timeout_;
  return allowed == Duration::zero() ? kNever : saturating_add(loop_->steady_now(), allowed);
}

template <class T>
bool HubClientCore::refuse(Completion<T>& done) const {
  if (!shut_down_.load(std::memory_order_acquire)) return false;
  done(Error(Errc::pipeline_not_running, "the client was shut down"));
  return true;
}

void HubClientCore::submit(OpPtr op, SteadyTime deadline) {
  op->deadline = deadline;
  pipeline_->submit(std::move(op));
}

template <class Op>
void HubClientCore::submit(Owned<Op> op, Timeout timeout, Completion<void> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  op->then([done = std::move(done)](OpPtr, Error error) mutable { done(std::move(error)); });
  submit(std::move(op), deadline);
}

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

void HubClientCore::on_event(const Event& event) {
  if (const auto* message = event_cast<C2DMessageEvent>(event)) {
    handlers_.route_message(std::move(message->message));
  } else if (const auto* input = event_cast<InputMessageEvent>(event)) {
    handlers_.route_message(std::move(input->message));
  } else if (const auto* request = event_cast<MethodRequestEvent>(event)) {
    handlers_.route_method_request(std::move(request->method_request));
  } else if (const auto* patch = event_cast<TwinDesiredPropertiesPatchEvent>(event)) {
    handlers_.route_twin_patch(std::move(patch->patch));
  } else if (const auto* connected = event_cast<ConnectedEvent>(event)) {
    on_connected(connected->session_present);
  } else if (const auto* disconnected = event_cast<DisconnectedEvent>(event)) {
    on_disconnected(disconnected->cause);
  } else if (event_cast<NewSasTokenRequiredEvent>(event)) {
    handlers_.route_new_sastoken_required();
  } else if (const auto* failed = event_cast<BackgroundExceptionEvent>(event)) {
    handlers_.route_background_exception(failed->error);
  } else {
    log_for(client_id_, LogLevel::debug, kName, "nobody takes the event ", event.name());
  }
}

void HubClientCore::on_connected(bool session_present) {
  log_for(client_id_, LogLevel::info, kName, "connected");
  if (!connected_.exchange(true)) handlers_.route_connection_state({.connected = true});
  for (Feature& feature : features_) {
    // What could not be enabled again after an earlier connect is still lost.
    feature.lost = feature.enabled && (feature.lost || !session_present);
    if (feature.lost) enable_again(feature);
  }
}

void HubClientCore::on_disconnected(const Error& cause) {
  if (!connected_.exchange(false)) return;
  log_for(client_id_, LogLevel::info, kName, "disconnected",
          cause ? ": " + cause.describe() : std::string());
  handlers_.route_connection_state({.connected = false, .cause = cause});
  handlers_.inboxes().clear_all_method_requests();
}

// Unlike Python: a session that the hub has lost does not mean lost events.
void HubClientCore::enable_again(Feature& feature) {
  auto op = make_op<EnableFeatureOperation>(std::string(feature.name));
  op->then([this, lost = &feature](OpPtr, Error error) {
    if (!error) {
      lost->lost = false;
    } else if (connected() && !shut_down_) {
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

void HubClientCore::end_with_shutdown(const std::shared_ptr<QuietWait>& wait) {
  if (shut_down_) return wait->give_up();
  std::erase_if(quiet_waits_, [](const auto& ended) { return ended.expired(); });
  quiet_waits_.push_back(wait);
}

void HubClientCore::close_pipeline() {
  pipeline_->close(Error(Errc::operation_cancelled, "the client was shut down"));
  for (const auto& waiting : std::exchange(quiet_waits_, {})) {
    if (const auto wait = waiting.lock()) wait->give_up();
  }
  on_disconnected({});
}

}  // namespace azure::iot::device::detail
