#include "clients/detail/managed_device_handlers.hpp"

#include <utility>

#include "pipeline/log.hpp"

namespace azure::iot::device::detail {

struct ManagedDeviceHandlers::Inboxes {
  std::string name;
  Inbox<std::shared_ptr<IoTHubDeviceClient>> clients{kCapacity};
  Inbox<Failure> failures{kCapacity};
};

ManagedDeviceHandlers::ManagedDeviceHandlers(
    std::shared_ptr<HandlerPool> pool, std::string name,
    std::function<void(IoTHubDeviceClient&)> on_new_client,
    std::function<void(const IotError&)> on_background_exception, std::weak_ptr<EventLoop> loop)
    : inboxes_(std::make_shared<Inboxes>()) {
  inboxes_->name = std::move(name);
  failures_ = std::make_shared<HandlerRunner<Failure>>(
      "on_background_exception", inboxes_->failures, inboxes_, pool, loop,
      [inboxes = inboxes_](const Error& error) {
        log_for(inboxes->name, LogLevel::error, "ManagedDevice", error.describe());
      });
  clients_ = std::make_shared<HandlerRunner<std::shared_ptr<IoTHubDeviceClient>>>(
      "on_new_client", inboxes_->clients, inboxes_, std::move(pool), std::move(loop),
      [failures = failures_, inboxes = inboxes_](Error error) {
        report(*failures, *inboxes, {.error = std::move(error)});
      });
  if (on_new_client) {
    clients_->set_handler([f = std::move(on_new_client)](
                              const std::shared_ptr<IoTHubDeviceClient>& client) { f(*client); });
  }
  if (on_background_exception) {
    failures_->set_handler([f = std::move(on_background_exception)](const Failure& failure) {
      with_exception(
          failure.error, [&](const auto& exception) { f(exception); }, failure.service);
    });
  }
}

void ManagedDeviceHandlers::bring(std::shared_ptr<IoTHubDeviceClient> client) {
  if (!clients_->has_handler()) return;
  auto& inbox = inboxes_->clients;
  if (inbox.size() >= inbox.capacity()) inbox.take();
  inbox.put(std::move(client));
  clients_->wake();
}

void ManagedDeviceHandlers::report(const Error& error, Service service) {
  report(*failures_, *inboxes_, {.error = error, .service = service});
}

void ManagedDeviceHandlers::report(HandlerRunner<Failure>& failures, Inboxes& inboxes,
                                   Failure failure) {
  auto& inbox = inboxes.failures;
  if (!failures.has_handler() || inbox.size() >= inbox.capacity()) {
    return log_for(inboxes.name, LogLevel::warning, "ManagedDevice", failure.error.describe());
  }
  inbox.put(std::move(failure));
  failures.wake();
}

void ManagedDeviceHandlers::stop_bringing() { clients_->set_handler({}); }

void ManagedDeviceHandlers::stop() {
  stop_bringing();
  failures_->set_handler({});
}

void ManagedDeviceHandlers::when_quiet(std::thread::id except, std::function<void()> f) {
  // A call of the first may make a call of the second due.
  clients_->when_quiet(except, [failures = failures_, except, f = std::move(f)]() mutable {
    failures->when_quiet(except, std::move(f));
  });
}

}  // namespace azure::iot::device::detail
