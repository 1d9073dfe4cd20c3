#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "../../iothub/handler_runner.hpp"
#include "../exceptions.hpp"
#include "../iothub_device_client.hpp"

namespace azure::iot::device::detail {

// The functions of the application that a managed device calls, on the threads of a pool: each one
// in order, the two independent of each other. Any thread.
class ManagedDeviceHandlers {
 public:
  // How many calls of one function may wait. Beyond that the oldest client, or the newest error, is
  // dropped.
  static constexpr std::size_t kCapacity = 128;

  // Both functions may be empty. `name` is the device's, for the log. `loop` stands in for the
  // pool's threads while none can be started.
  ManagedDeviceHandlers(std::shared_ptr<HandlerPool> pool, std::string name,
                        std::function<void(IoTHubDeviceClient&)> on_new_client,
                        std::function<void(const IotError&)> on_background_exception,
                        std::weak_ptr<EventLoop> loop = {});
  ManagedDeviceHandlers(const ManagedDeviceHandlers&) = delete;
  ManagedDeviceHandlers& operator=(const ManagedDeviceHandlers&) = delete;
  ~ManagedDeviceHandlers() { stop(); }

  void bring(std::shared_ptr<IoTHubDeviceClient> client);
  // Without a function for it the error is logged.
  void report(const Error& error, Service service);

  // Brings no client any more.
  void stop_bringing();
  // Calls nothing any more. A call that is under way comes to its own end.
  void stop();
  // Calls `f` once neither function runs and no call is due. A call on the thread `except` counts
  // as ended.
  void when_quiet(std::thread::id except, std::function<void()> f);

 private:
  struct Failure {
    Error error;
    Service service = Service::iot_hub;
  };
  struct Inboxes;
  static void report(HandlerRunner<Failure>& failures, Inboxes& inboxes, Failure failure);

  const std::shared_ptr<Inboxes> inboxes_;
  std::shared_ptr<HandlerRunner<Failure>> failures_;
  std::shared_ptr<HandlerRunner<std::shared_ptr<IoTHubDeviceClient>>> clients_;
};

}  // namespace azure::iot::device::detail
