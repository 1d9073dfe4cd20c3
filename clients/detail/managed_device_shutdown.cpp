#include <utility>

#include "clients/detail/managed_device_core.hpp"
#include "clients/detail/quiet_wait.hpp"

namespace azure::iot::device::detail {

std::shared_ptr<IoTHubDeviceClient> ManagedDeviceCore::take_client() {
  const std::lock_guard lock(mutex_);
  return std::exchange(client_, nullptr);
}

std::vector<std::shared_ptr<HubClientCore>> ManagedDeviceCore::hub_clients() const {
  std::vector<std::shared_ptr<HubClientCore>> there;
  const std::lock_guard lock(mutex_);
  for (const auto& made : hub_clients_) {
    if (auto client = made.lock()) there.push_back(std::move(client));
  }
  return there;
}

void ManagedDeviceCore::stop_handlers() {
  handlers_.stop();
  for (const auto& client : hub_clients()) client->stop_handlers();
}

void ManagedDeviceCore::start_shutdown(Completion<void> done) {
  start_end(std::this_thread::get_id(), std::move(done));
}

void ManagedDeviceCore::start_end(std::thread::id caller, Completion<void> done) {
  shut_down_ = true;
  config_.loop->post([self = shared_from_this(), caller, done = std::move(done)]() mutable {
    self->end(caller, std::move(done));
  });
}

// Completes when its clients have ended, including those of earlier hubs, and no function of the
// application runs. Takes no longer than the shutdown of one client may.
void ManagedDeviceCore::end(std::thread::id caller, Completion<void> done) {
  state_ = State::ended;
  pause_.cancel();
  end_waiters(Error(Errc::operation_cancelled, "the device was shut down"));
  handlers_.stop_bringing();

  auto completion = std::make_shared<Completion<void>>(std::move(done));
  auto wait = std::make_shared<QuietWait>(
      config_.loop, [self = shared_from_this(), completion = std::move(completion)](bool) {
        self->handlers_.stop();
        // By then the loop holds no reference to this: see ClientCore::Shutdown.
        self->config_.loop->post([completion] { (*completion)({}); });
      });
  wait->start(saturating_add(config_.loop->now(), ClientCore::kShutdownLimit));

  // Each client holds `ending` until it has ended. It also keeps the application's client, whose
  // destruction would stop its handlers sooner.
  const std::shared_ptr<void> ending(nullptr,
                                     [wait, client = take_client()](void*) { wait->quiet(); });
  for (const auto& client : hub_clients()) {
    client->start_end(caller, Completion<void>([ending](const Error&) {}));
  }
  if (provisioning_) {
    provisioning_->start_end(caller,
                             Completion<void>([ending, last = provisioning_](const Error&) {}));
  }
  handlers_.when_quiet(caller, [ending] {});
  hub_.reset();
  provisioning_.reset();
}

}  // namespace azure::iot::device::detail
