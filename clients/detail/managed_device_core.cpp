#include "clients/detail/managed_device_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "clients/detail/assignment.hpp"
#include "clients/detail/connect_watch.hpp"
#include "clients/detail/option_checks.hpp"
#include "pipeline/guarded_policy.hpp"
#include "pipeline/log.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device::detail {
namespace {

constexpr std::string_view kName = "ManagedDevice";

// Returns the error of an exception from creating a client. A file may have changed, or a stage
// factory of the application may have thrown.
template <class F>
Error caught(F make) {
  try {
    make();
    return {};
  } catch (const IotError& error) {
    return error.error();
  } catch (const std::exception& error) {
    return Error(Errc::operation_error, words_of(error));
  } catch (...) {
    return Error(Errc::operation_error, "a function of the application threw");
  }
}

// Completion for a shutdown that nothing waits for.
Completion<void> unheard() {
  return Completion<void>([](const Error&) {});
}

// Returns the pause for when the policy gives up, since the device does not.
Duration some_of_the_longest_pause(const std::function<double()>& random) {
  constexpr Duration kHalf = std::chrono::seconds{150};
  return kHalf +
         Duration(static_cast<Duration::rep>(static_cast<double>(kHalf.count()) * random()));
}

}  // namespace

template <class F>
void ManagedDeviceCore::later(F f) {
  config_.loop->post([weak = weak_from_this(), f = std::move(f)]() mutable {
    if (const auto self = weak.lock()) f(*self);
  });
}

std::shared_ptr<ManagedDeviceCore> ManagedDeviceCore::create(ManagedDeviceConfig config,
                                                             ManagedDeviceNetwork network) {
  log_warnings(config.registration_id, config.warnings);
  return std::shared_ptr<ManagedDeviceCore>(
      new ManagedDeviceCore(std::move(config), std::move(network)));
}

ManagedDeviceCore::ManagedDeviceCore(ManagedDeviceConfig config, ManagedDeviceNetwork network)
    : handlers_(network.handler_pool, config.registration_id, std::move(config.on_new_client),
                std::move(config.on_background_exception), config.loop),
      config_(std::move(config)),
      network_(std::move(network)),
      connects_(config_.failed_connects, network_.random),
      distance_(config_.registration_distance) {}

ManagedDeviceCore::~ManagedDeviceCore() = default;

std::shared_ptr<IoTHubDeviceClient> ManagedDeviceCore::client() const {
  const std::lock_guard lock(mutex_);
  return client_;
}

void ManagedDeviceCore::start_connect(Timeout timeout, Completion<void> done) {
  if (timeout && *timeout < timeout->zero()) {
    refuse("timeout", "must not be negative; 0 means no timeout",
           std::to_string(timeout->count()) + " ms");
  }
  const bool forever = !timeout || *timeout == timeout->zero();
  const SteadyTime deadline =
      forever ? kNever : saturating_add(config_.loop->steady_now(), saturating_duration(*timeout));
  config_.loop->post([self = shared_from_this(), deadline, done = std::move(done)]() mutable {
    self->connect(deadline, std::move(done));
  });
}

void ManagedDeviceCore::connect(SteadyTime deadline, Completion<void> done) {
  if (state_ == State::ended) {
    return done(Error(Errc::pipeline_not_running, "the device was shut down"));
  }
  if (state_ == State::connected) {
    if (hub_->connected()) return done({});
    state_ = State::idle;  // The client pauses before a redial, or the application disconnected.
  }
  const auto waiter = waiters_.emplace(waiters_.end(), std::move(done));
  if (deadline != kNever) {
    waiter->timer.start_deadline(*config_.loop, deadline, [this, waiter] {
      Completion<void> late = std::move(waiter->done);
      waiters_.erase(waiter);
      late(not_connected_yet());
    });
  }
  if (state_ == State::idle) proceed();
}

// Returns the error of a call that has timed out, which names the service that it waited for.
Error ManagedDeviceCore::not_connected_yet() {
  const bool known = assignment_ && !connects_.hub_is_gone();
  service_ = known ? Service::iot_hub : Service::provisioning;
  std::string how_far = "it is still registering";
  if (known) how_far = "it still connects to the hub that it was given to";
  if (state_ == State::waiting) how_far += ", and pauses before the next attempt";
  return Error(Errc::timed_out, "the device has no connection to a hub yet: " + how_far);
}

void ManagedDeviceCore::proceed() {
  if (assignment_ && !connects_.hub_is_gone()) return connect_to_hub();
  register_again();
}

void ManagedDeviceCore::register_again() {
  assignment_.reset();
  connects_.clear();
  taken_ = false;
  const Duration left = distance_.left(config_.loop->now());
  if (left > Duration::zero()) return wait(left);
  start_registration();
}

void ManagedDeviceCore::start_registration() {
  state_ = State::registering;
  service_reached_ = false;
  const Error unusable = caught([this] { provisioning_ = make_provisioning_client(); });
  if (unusable) return fail(unusable, Service::provisioning);
  provisioning_->set_provisioning_payload(config_.provisioning_payload);
  provisioning_->start_register(
      {}, Completion<RegistrationResult>(
              [weak = weak_from_this()](Result<RegistrationResult> result) mutable {
                const auto self = weak.lock();
                if (!self) return;
                self->later([result = std::move(result)](ManagedDeviceCore& core) {
                  core.on_registered(result);
                });
              }));
}

void ManagedDeviceCore::on_registered(const Result<RegistrationResult>& result) {
  if (state_ != State::registering) return;
  // The service may have registered the device even if its answer was lost. If the service was not
  // reached, only the policy spaces the attempts.
  if (service_reached_) distance_.registered(config_.loop->now());
  if (!result) return fail(result.error(), Service::provisioning);
  provisioning_.reset();
  assignment_ = *result;
  if (!assignment_->registration_state) {
    assignment_.reset();
    return fail(Error(Errc::service, "the service says that the device is assigned, but not where"),
                Service::provisioning);
  }
  connect_to_hub();
}

std::shared_ptr<ProvisioningClientCore> ManagedDeviceCore::make_provisioning_client() {
  auto link = std::make_shared<WatchedLink>();
  link->on_up = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->service_reached_ = true;
  };
  link->on_down = link->on_gave_up = [] {};
  ProvisioningClientConfig config = config_.provisioning();
  config.stages.push_back(
      before("ConnectionRetryStage", [link] { return std::make_unique<LinkWatch>(link); }));
  return ProvisioningClientCore::create(std::move(config), network_.provisioning);
}

std::shared_ptr<HubClientCore> ManagedDeviceCore::make_hub_client() {
  const Assignment assignment(*assignment_);
  HubClientConfig config = config_.hub(*assignment.hub, *assignment.device_id);
  connects_.set_pace({.policy = config.pipeline.retry_policy,
                      .interval = config.pipeline.connection_retry_interval});
  const auto link = watch_link();
  config.stages.push_back(
      after("ConnectionRetryStage", [link] { return std::make_unique<ConnectWatch>(link); }));
  config.stages.push_back(
      before("ConnectionRetryStage", [link] { return std::make_unique<LinkWatch>(link); }));
  auto made = HubClientCore::create(std::move(config), network_.hub, network_.handler_pool);
  const std::lock_guard lock(mutex_);
  std::erase_if(hub_clients_, [](const auto& gone) { return gone.expired(); });
  hub_clients_.push_back(made);
  return made;
}

std::shared_ptr<WatchedLink> ManagedDeviceCore::watch_link() {
  // Calls a function of the core outside the chain, unless the core has been destroyed.
  const auto notify = [weak = weak_from_this()](auto f) {
    if (const auto self = weak.lock()) self->later(std::move(f));
  };
  auto link = std::make_shared<WatchedLink>();
  link->on_attempt = [notify](const Error& error, bool redial) {
    notify([error, redial](ManagedDeviceCore& core) { core.on_attempt(error, redial); });
  };
  link->on_up = [notify] {
    notify([](ManagedDeviceCore& core) { core.distance_.link_up(core.config_.loop->now()); });
  };
  link->on_down = [notify] {
    notify([](ManagedDeviceCore& core) { core.distance_.link_down(core.config_.loop->now()); });
  };
  link->on_gave_up = [notify] { notify([](ManagedDeviceCore& core) { core.on_gave_up(); }); };
  return link;
}

void ManagedDeviceCore::connect_to_hub() {
  state_ = State::connecting;
  pause_.cancel();
  if (hub_ && hub_->was_shut_down()) end_hub(unheard());  // The application did it.
  const Error unusable = caught([this] {
    if (!hub_) hub_ = make_hub_client();
  });
  if (unusable) return fail(unusable, Service::iot_hub);
  hub_->start_connect(
      {}, Completion<void>([weak = weak_from_this()](const Error& error) {
        if (const auto self = weak.lock()) {
          self->later([error](ManagedDeviceCore& core) { core.on_connected(error); });
        }
      }));
}

void ManagedDeviceCore::on_connected(const Error& error) {
  if (state_ != State::connecting) return;
  if (error && taken_ && connects_.hub_is_gone())
    return leave();  // As after failed redials of its client.
  if (error) return fail(error, Service::iot_hub);
  state_ = State::connected;
  established_ = taken_ = true;
  failed_in_a_row_ = 0;
  log_for(config_.registration_id, LogLevel::info, kName,
          "connected to the hub that it was given to");
  if (!client()) bring_client();  // Otherwise the existing client has reconnected.
  end_waiters({});
}

void ManagedDeviceCore::bring_client() {
  auto client = std::make_shared<IoTHubDeviceClient>(hub_);
  {
    const std::lock_guard lock(mutex_);
    client_ = client;
  }
  handlers_.bring(std::move(client));
}

// Counts each attempt of the hub's client: those of its retry policy, those for calls of the
// application, and those for the device itself. The policy of the registrations spaces the last.
void ManagedDeviceCore::on_attempt(const Error& error, bool redial) {
  const bool own = state_ == State::connecting && established_;
  connects_.note(error, redial || own, config_.loop->now());
  const bool pausing = state_ == State::waiting && hub_;  // The client may redial meanwhile.
  if ((state_ == State::connected || pausing) && connects_.hub_is_gone()) return leave();
  if (pausing && !error) connect_to_hub();
}

// In the states connecting and waiting the device dials anyway.
void ManagedDeviceCore::on_gave_up() {
  if (state_ == State::connected && !hub_->connected()) leave();
}

void ManagedDeviceCore::leave() {
  state_ = State::leaving;
  pause_.cancel();
  log_for(config_.registration_id, LogLevel::warning, kName,
          connects_.refused() ? "the hub refuses the device" : "the hub cannot be reached",
          ": it registers again");
  end_hub(Completion<void>([weak = weak_from_this()](const Error&) {
    if (const auto self = weak.lock()) {
      self->later([](ManagedDeviceCore& core) {
        if (core.state_ == State::leaving) core.register_again();
      });
    }
  }));
}

void ManagedDeviceCore::end_hub(Completion<void> done) {
  if (!hub_) return done({});
  // The client is destroyed after it has handled the items that it has received.
  std::exchange(hub_, nullptr)
      ->start_shutdown(Completion<void>(
          [client = take_client(), done = std::move(done)](const Error&) mutable { done({}); }));
}

// Ends a failed attempt to get from a registration to a connected client.
void ManagedDeviceCore::fail(const Error& error, Service service) {
  service_ = service;
  if (const auto failed = std::exchange(provisioning_, nullptr)) {
    failed->start_shutdown(unheard());
  }
  if (connects_.hub_is_gone() || !assignment_) end_hub(unheard());
  if (!established_) {
    state_ = State::idle;
    return end_waiters(error);
  }
  handlers_.report(error, service);
  ++failed_in_a_row_;
  wait(pause_after(error));
}

void ManagedDeviceCore::wait(Duration pause) {
  state_ = State::waiting;
  pause_.start(*config_.loop, pause, [this] { proceed(); });
}

Duration ManagedDeviceCore::pause_after(const Error& error) {
  static const ExponentialBackoff standard;
  GuardedPolicy policy(config_.registration_pauses.get(), standard);
  const auto pause =
      policy.next_pause({.failures = failed_in_a_row_, .cause = error, .random = network_.random});
  if (policy.thrown()) handlers_.report(policy.thrown(), Service::provisioning);
  return pause.value_or(some_of_the_longest_pause(network_.random));
}

void ManagedDeviceCore::end_waiters(const Error& error) {
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter.done(error);
}

}  // namespace azure::iot::device::detail
