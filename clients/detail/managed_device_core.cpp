#include "clients/detail/managed_device_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "clients/detail/assignment.hpp"
#include "clients/detail/connect_watch.hpp"
#include "clients/detail/option_checks.hpp"
#include "pipeline/log.hpp"

namespace azure::iot::device::detail {
namespace {

constexpr std::string_view kName = "ManagedDevice";

// What is thrown where a client cannot be made: of files that changed, for one.
template <class F>
Error caught(F make) {
  try {
    make();
    return {};
  } catch (const IotError& error) {
    return error.error();
  } catch (const std::invalid_argument& error) {
    return Error(Errc::operation_error, error.what());
  }
}

// Of an end that nobody waits for.
Completion<void> unheard() {
  return Completion<void>([](const Error&) {});
}

// What is waited where the policy gives up, which this does not.
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
    : config_(std::move(config)), network_(std::move(network)), handlers_(network_.handler_pool) {}

ManagedDeviceCore::~ManagedDeviceCore() = default;

std::shared_ptr<IoTHubDeviceClient> ManagedDeviceCore::client() const {
  const std::lock_guard lock(mutex_);
  return client_;
}

// What was there before ends outside the lock.
void ManagedDeviceCore::set_client(std::shared_ptr<IoTHubDeviceClient> client,
                                   std::shared_ptr<HubClientCore> behind_it) {
  const std::lock_guard lock(mutex_);
  client_.swap(client);
  behind_client_.swap(behind_it);
}

void ManagedDeviceCore::start_connect(Timeout timeout, Completion<void> done) {
  if (timeout && *timeout < timeout->zero()) {
    refuse("timeout", "must not be negative; 0 means no timeout",
           std::to_string(timeout->count()) + " ms");
  }
  const bool forever = !timeout || *timeout == timeout->zero();
  const SteadyTime deadline =
      forever ? kNever : saturating_add(config_.loop->steady_now(), Duration(*timeout));
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
    state_ = State::idle;  // Its client waits before it redials, or the application ended the link.
  }
  const auto waiter = waiters_.emplace(waiters_.end(), std::move(done));
  if (deadline != kNever) {
    waiter->timer.start_at(*config_.loop, deadline, [this, waiter] {
      Completion<void> late = std::move(waiter->done);
      waiters_.erase(waiter);
      late(not_connected_yet());
    });
  }
  if (state_ == State::idle) proceed();
}

// What a call that has waited long enough is told: which of the two services it waited for.
Error ManagedDeviceCore::not_connected_yet() {
  const bool known = assignment_ && !seems_gone();
  service_ = known ? Service::iot_hub : Service::provisioning;
  std::string how_far = "it is still registering";
  if (known) how_far = "it still connects to the hub that it was given to";
  if (state_ == State::waiting) how_far += ", and pauses after an attempt that failed";
  return Error(Errc::timed_out, "the device has no connection to a hub yet: " + how_far);
}

void ManagedDeviceCore::proceed() {
  if (assignment_ && !seems_gone()) return connect_to_hub();
  register_again();
}

bool ManagedDeviceCore::seems_gone() const {
  return refused_ || failed_connects_ >= config_.failed_connects;
}

void ManagedDeviceCore::register_again() {
  state_ = State::registering;
  assignment_.reset();
  failed_connects_ = 0;
  refused_ = false;
  taken_ = false;
  const Error unusable = caught([this] {
    provisioning_ = ProvisioningClientCore::create(config_.provisioning(), network_.provisioning);
  });
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

std::shared_ptr<HubClientCore> ManagedDeviceCore::make_hub_client() {
  const Assignment assignment(*assignment_);
  HubClientConfig config = config_.hub(*assignment.hub, *assignment.device_id);
  config.stages.push_back(after("ConnectionRetryStage", [weak = weak_from_this()] {
    return std::make_unique<ConnectWatch>([weak](const Error& error) {
      const auto self = weak.lock();
      if (self) self->later([error](ManagedDeviceCore& core) { core.on_attempt(error); });
    });
  }));
  config.stages.push_back(before("ConnectionRetryStage", [weak = weak_from_this()] {
    return std::make_unique<GiveUpWatch>([weak] {
      const auto self = weak.lock();
      if (self) self->later([](ManagedDeviceCore& core) { core.on_gave_up(); });
    });
  }));
  return HubClientCore::create(std::move(config), network_.hub, network_.handler_pool);
}

void ManagedDeviceCore::connect_to_hub() {
  state_ = State::connecting;
  pause_.cancel();
  if (hub_ && hub_->was_shut_down()) end_hub(unheard());  // By the application.
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
  if (error && taken_ && seems_gone()) return leave();  // As where its client redials by itself.
  if (error) return fail(error, Service::iot_hub);
  state_ = State::connected;
  established_ = taken_ = true;
  failed_in_a_row_ = 0;
  log_for(config_.registration_id, LogLevel::info, kName,
          "connected to the hub that it was given to");
  if (!client()) bring_client();  // Otherwise that one has its link again.
  end_waiters({});
}

void ManagedDeviceCore::bring_client() {
  const auto client = std::make_shared<IoTHubDeviceClient>(hub_);
  set_client(client, hub_);
  if (!config_.on_new_client) return;
  handlers_.run([self = shared_from_this(), client] {
    try {
      self->config_.on_new_client(*client);
    } catch (const std::exception& e) {
      self->report(Error(Errc::user_handler, e.what()), Service::iot_hub);
    }
  });
}

// Each attempt of the hub's client, those of its own accord too.
void ManagedDeviceCore::on_attempt(const Error& error) {
  // One that was given up says nothing of the hub.
  if (error.code() == Errc::operation_cancelled) return;
  failed_connects_ = error ? failed_connects_ + 1 : 0;
  refused_ = error.code() == Errc::unauthorized;
  const bool pausing = state_ == State::waiting && hub_;  // It may redial by itself meanwhile.
  if ((state_ == State::connected || pausing) && seems_gone()) return leave();
  if (pausing && !error) connect_to_hub();
}

// Where this is connecting or waiting, it dials anyway.
void ManagedDeviceCore::on_gave_up() {
  if (state_ == State::connected) leave();
}

void ManagedDeviceCore::leave() {
  state_ = State::leaving;
  pause_.cancel();
  log_for(config_.registration_id, LogLevel::warning, kName,
          refused_ ? "the hub refuses the device" : "the hub cannot be reached",
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
  std::exchange(hub_, nullptr)->start_shutdown(std::move(done));
  set_client(nullptr, nullptr);  // It has been told to end: nobody waits here.
}

// A way from a registration to a client has led nowhere.
void ManagedDeviceCore::fail(const Error& error, Service service) {
  service_ = service;
  if (const auto failed = std::exchange(provisioning_, nullptr)) {
    failed->start_shutdown(unheard());
  }
  if (seems_gone() || !assignment_) end_hub(unheard());
  if (!established_) {
    state_ = State::idle;
    return end_waiters(error);
  }
  report(error, service);
  state_ = State::waiting;
  const auto pause = config_.registration_pauses->next_pause(
      {.failures = ++failed_in_a_row_, .cause = error, .random = network_.random});
  pause_.start(*config_.loop, pause.value_or(some_of_the_longest_pause(network_.random)),
               [this] { proceed(); });
}

void ManagedDeviceCore::report(const Error& error, Service service) {
  if (!config_.on_background_exception) {
    return log_for(config_.registration_id, LogLevel::warning, kName, error.describe());
  }
  handlers_.run([self = shared_from_this(), error, service] {
    with_exception(
        error, [&](const auto& exception) { self->config_.on_background_exception(exception); },
        service);
  });
}

void ManagedDeviceCore::end_waiters(const Error& error) {
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter.done(error);
}

void ManagedDeviceCore::stop_handlers() {
  handlers_.close();
  const std::lock_guard lock(mutex_);
  if (behind_client_) behind_client_->stop_handlers();
}

void ManagedDeviceCore::start_shutdown(Completion<void> done) {
  shut_down_ = true;
  config_.loop->post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->end(std::move(done));
  });
}

void ManagedDeviceCore::end(Completion<void> done) {
  state_ = State::ended;
  pause_.cancel();
  handlers_.close();
  end_waiters(Error(Errc::operation_cancelled, "the device was shut down"));
  // At most one of them is there: the other is over.
  std::shared_ptr<ClientCore> last = std::exchange(hub_, nullptr);
  if (const auto provisioning = std::exchange(provisioning_, nullptr)) {
    if (last) last->start_shutdown(unheard());
    last = provisioning;
  }
  if (last) {
    last->start_shutdown(
        Completion<void>([last, done = std::move(done)](const Error&) mutable { done({}); }));
  } else {
    done({});
  }
  set_client(nullptr, nullptr);
}

}  // namespace azure::iot::device::detail
