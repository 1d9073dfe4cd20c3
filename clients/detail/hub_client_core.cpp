#include "clients/detail/hub_client_core.hpp"

#include <utility>

#include "clients/detail/quiet_wait.hpp"
#include "iothub/iothub_events.hpp"
#include "iothub/iothub_pipeline.hpp"
#include "iothub/mqtt_topic_iothub.hpp"
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
  std::shared_ptr<HubClientCore> core(new HubClientCore(config, std::move(handler_pool)));
  log_warnings(core->client_id_, config.warnings);
  core->handlers_.inboxes().pressure.when_changed([weak = std::weak_ptr<HubClientCore>(core)] {
    if (const auto full = weak.lock()) full->loop_->post([full] { full->control_flow(); });
  });
  core->start_pipeline(
      make_iothub_mqtt_pipeline(core->loop_, std::move(config.pipeline), std::move(config.hub),
                                std::move(make_transport),
                                [self = core.get()](const Event& event) { self->on_event(event); }),
      stages);
  return core;
}

HubClientCore::HubClientCore(const HubClientConfig& config,
                             std::shared_ptr<HandlerPool> handler_pool)
    : ClientCore(Service::iot_hub, config.loop, config.pipeline.operation_timeout),
      ensure_desired_properties_(config.hub.ensure_desired_properties),
      client_id_(get_hub_client_id(config.hub.device_id, config.hub.module_id)),
      identity_{config.pipeline.hostname, config.hub.device_id, config.hub.module_id},
      telemetry_topic_size_(mqtt_topic_iothub::get_telemetry_topic_for_publish(config.hub.device_id,
                                                                               config.hub.module_id)
                                .size()),
      has_own_sastoken_(config.pipeline.sastoken && !config.pipeline.sastoken->renewable()),
      handlers_(std::move(handler_pool), InboxManager::kCapacity, config.loop) {}

// Normally a shutdown on the loop has closed the pipeline. This covers a loop that ended before.
HubClientCore::~HubClientCore() {
  if (pipeline_) pipeline_->close(Error(Errc::pipeline_not_running));
}

// Reads the state at the time of the call, since the handlers' threads and the loop may have posted
// it several times.
void HubClientCore::control_flow() {
  const bool pause = handlers_.inboxes().pressure.high();
  if (std::exchange(reading_paused_, pause) == pause) return;
  pipeline_->enter(make_op<PauseReadingOperation>(pause));
}

void HubClientCore::on_message(Message& message, ReceivedMessages kind) {
  const unsigned kinds = received_messages_;
  if (kinds != 0 && (kinds & static_cast<unsigned>(kind)) == 0) {
    const std::string which = kind == ReceivedMessages::from_cloud
                                  ? "from the cloud is dropped: this is the client of a module"
                                  : "to an input is dropped: this is the client of a device";
    return log_for(client_id_, LogLevel::warning, kName, "a message ", which);
  }
  auto* const inbox = handlers_.inboxes().inbox_of(message);
  handlers_.route_message(std::move(message));
  if (inbox) message_pulls_.wake(*inbox);
}

void HubClientCore::on_event(const Event& event) {
  if (const auto* message = event_cast<C2DMessageEvent>(event)) {
    on_message(message->message, ReceivedMessages::from_cloud);
  } else if (const auto* input = event_cast<InputMessageEvent>(event)) {
    on_message(input->message, ReceivedMessages::to_inputs);
  } else if (const auto* request = event_cast<MethodRequestEvent>(event)) {
    auto& inbox = handlers_.inboxes().inbox_of(request->method_request);
    handlers_.route_method_request(std::move(request->method_request));
    method_request_pulls_.wake(inbox);
  } else if (const auto* patch = event_cast<TwinDesiredPropertiesPatchEvent>(event)) {
    handlers_.route_twin_patch(std::move(patch->patch));
    twin_patch_pulls_.wake(handlers_.inboxes().twin_patches);
  } else if (const auto* connected = event_cast<ConnectedEvent>(event)) {
    on_connected(connected->session_present);
  } else if (const auto* disconnected = event_cast<DisconnectedEvent>(event)) {
    on_disconnected(disconnected->cause);
  } else if (event_cast<NewSasTokenRequiredEvent>(event)) {
    handlers_.route_new_sastoken_required();
  } else if (const auto* failed = event_cast<BackgroundExceptionEvent>(event)) {
    handlers_.route_background_exception(
        failed->gave_up
            ? Error(failed->error.code(),
                    "the lost connection is not made again; call connect once the cause is mended",
                    failed->error)
            : failed->error);
  } else {
    log_for(client_id_, LogLevel::debug, kName, "nobody takes the event ", event.name());
  }
}

void HubClientCore::on_connected(bool session_present) {
  log_for(client_id_, LogLevel::info, kName, "connected");
  if (!connected_.exchange(true)) handlers_.route_connection_state({.connected = true});
  for (Feature& feature : features_) {
    // A feature that could not be enabled again after an earlier connect is still lost.
    feature.lost = feature.enabled && (feature.lost || !session_present);
    if (feature.lost) enable_again(feature);
  }
}

void HubClientCore::on_disconnected(const Error& cause) {
  if (!connected_.exchange(false)) return;
  on_link_down(cause);
  log_for(client_id_, LogLevel::info, kName, "disconnected",
          cause ? ": " + cause.describe() : std::string());
  handlers_.route_connection_state({.connected = false, .cause = cause});
  handlers_.inboxes().clear_all_method_requests();
}

void HubClientCore::end_with_shutdown(const std::shared_ptr<QuietWait>& wait) {
  if (was_shut_down()) return wait->give_up();
  if (quiet_waits_.size() == quiet_waits_.capacity()) {
    // Rare enough for an amortized constant cost for each.
    std::erase_if(quiet_waits_, [](const auto& ended) { return ended.expired(); });
    quiet_waits_.reserve(2 * quiet_waits_.size() + 1);
  }
  quiet_waits_.push_back(wait);
}

void HubClientCore::on_closed(const Error& why) {
  message_pulls_.fail_all(why);
  method_request_pulls_.fail_all(why);
  twin_patch_pulls_.fail_all(why);
  for (Feature& feature : features_) {
    while (!feature.calls.empty()) end_call(feature, feature.calls.begin(), why);
  }
  for (const auto& waiting : std::exchange(quiet_waits_, {})) {
    if (const auto wait = waiting.lock()) wait->give_up();
  }
  on_disconnected({});
}

void HubClientCore::when_quiet(std::thread::id caller, std::function<void()> f) {
  handlers_.when_quiet(caller, std::move(f));
}

}  // namespace azure::iot::device::detail
