#include "clients/detail/provisioning_client_core.hpp"

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "pipeline/events.hpp"
#include "pipeline/log.hpp"
#include "pipeline/operations.hpp"
#include "pipeline/text/quoted.hpp"
#include "provisioning/limits.hpp"
#include "provisioning/provisioning_pipeline.hpp"

namespace azure::iot::device::detail {
namespace {

constexpr std::string_view kName = "ProvisioningClient";

// Unlike Python, which then never completes: an assignment that lacks a part that the service
// always sends is an error. The error lists the parts that were sent and those that are missing.
Error check_assignment(const RegistrationResult& result) {
  if (!result.registration_state) return {};
  const RegistrationState& state = *result.registration_state;
  std::string missing;
  std::string sent;
  for (const auto& [name, value] :
       {std::pair{"deviceId", &state.device_id}, std::pair{"assignedHub", &state.assigned_hub},
        std::pair{"substatus", &state.sub_status}}) {
    std::string& list = *value ? sent : missing;
    list.append(list.empty() ? "" : ", ").append(name);
    if (*value) list.append(" ").append(quoted(**value));
  }
  if (missing.empty()) return {};
  return Error(Errc::bad_content,
               "the service says that the device is assigned, but not all of where: "
               "it sent " +
                   (sent.empty() ? "nothing of it" : sent) + " without " + missing);
}

// An unreadable answer is an error of the service. A registration connects by itself, so no
// connection means that the link was lost between two of its steps.
Error told_to_the_caller(Error error) {
  if (error.code() == Errc::no_connection) {
    return Error(Errc::connection_dropped, "the registration cannot go on", std::move(error));
  }
  if (error.code() != Errc::bad_content) return error;
  return Error(Errc::service, "the registration cannot go on", std::move(error));
}

}  // namespace

std::shared_ptr<ProvisioningClientCore> ProvisioningClientCore::create(
    ProvisioningClientConfig config, MqttTransportFactory make_transport) {
  std::shared_ptr<ProvisioningClientCore> core(new ProvisioningClientCore(config));
  log_warnings(core->registration_id_, config.warnings);
  core->start_pipeline(make_provisioning_mqtt_pipeline(
                           core->loop_, std::move(config.pipeline), std::move(config.provisioning),
                           std::move(make_transport),
                           [self = core.get()](const Event& event) { self->on_event(event); }),
                       config.stages);
  return core;
}

ProvisioningClientCore::ProvisioningClientCore(const ProvisioningClientConfig& config)
    : ClientCore(Service::provisioning, config.loop, config.pipeline.operation_timeout),
      registration_id_(config.provisioning.registration_id) {}

// Normally a shutdown on the loop has closed the pipeline. This covers a loop that ended before.
ProvisioningClientCore::~ProvisioningClientCore() {
  if (pipeline_) pipeline_->close(Error(Errc::pipeline_not_running));
}

void ProvisioningClientCore::set_provisioning_payload(Json payload) {
  check_not_shut_down();
  if (const Error error =
          provisioning_limits::check_payload("payload", registration_id_, payload)) {
    throw std::invalid_argument(error.detail());
  }
  const std::lock_guard lock(payload_mutex_);
  payload_ = std::move(payload);
}

Json ProvisioningClientCore::provisioning_payload() {
  const std::lock_guard lock(payload_mutex_);
  return payload_;
}

void ProvisioningClientCore::start_register(Timeout timeout, Completion<RegistrationResult> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done)) return;
  if (registering_.exchange(true)) {
    return done(Error(Errc::operation_error,
                      "a registration of this client is under way; wait for its end, or make "
                      "another client"));
  }
  auto op = make_op<RegisterOperation>(provisioning_payload(), registration_id_);
  op->then([this, done = std::move(done)](Owned<RegisterOperation> ended, Error error) mutable {
    end_registration(std::move(ended->registration_result), std::move(error), std::move(done));
  });
  if (answers_enabled_) return submit(std::move(op), deadline);

  Completion<void> enabled([this, deadline, op = OpPtr(std::move(op))](Error error) mutable {
    if (error) return complete(std::move(op), std::move(error));
    answers_enabled_ = true;
    submit(std::move(op), deadline);
  });
  auto enable = make_op<EnableFeatureOperation>(std::string(feature::kRegister));
  enable->then(
      [enabled = std::move(enabled)](OpPtr, Error error) mutable { enabled(std::move(error)); });
  submit(std::move(enable), deadline);
}

void ProvisioningClientCore::end_registration(std::optional<RegistrationResult> result, Error error,
                                              Completion<RegistrationResult> done) {
  if (!error) error = check_assignment(*result);
  if (error) {
    registering_ = false;
    log_for(registration_id_, LogLevel::info, kName, "not registered: ", error.describe());
    return done(told_to_the_caller(std::move(error)));
  }
  log_for(registration_id_, LogLevel::info, kName, "registered");
  // Completes after the connection has been closed: as in Python the client has ended then.
  start_shutdown(Completion<void>([result = *std::move(result), done = std::move(done)](
                                      const Error&) mutable { done(std::move(result)); }));
}

void ProvisioningClientCore::on_event(const Event& event) {
  if (const auto* connected = event_cast<ConnectedEvent>(event)) {
    on_connected(connected->session_present);
  } else if (const auto* disconnected = event_cast<DisconnectedEvent>(event)) {
    resubscription_.on_link_down(disconnected->cause && resubscription_.under_way(), loop_->now());
    log_for(registration_id_, LogLevel::info, kName, "disconnected",
            disconnected->cause ? ": " + disconnected->cause.describe() : std::string());
  } else if (const auto* failed = event_cast<BackgroundExceptionEvent>(event)) {
    log_for(registration_id_, LogLevel::warning, kName, failed->error.describe());
  } else {
    log_for(registration_id_, LogLevel::debug, kName, "nobody takes the event ", event.name());
  }
}

// Unlike Python: no answers are lost for good when the service has lost the session.
void ProvisioningClientCore::on_connected(bool session_present) {
  log_for(registration_id_, LogLevel::info, kName, "connected");
  if (session_present || !answers_enabled_) return;
  resubscription_.begin(*pipeline_, feature::kRegister, deadline_of({}),
                        [this](const Error& error) { answers_enabled_ = !error; });
}

}  // namespace azure::iot::device::detail
