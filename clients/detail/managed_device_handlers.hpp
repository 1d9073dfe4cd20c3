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

// Functions of the application that a managed device calls on the threads of a pool. The calls of
// each function run in order; the two functions are independent of each other. Any thread.
class ManagedDeviceHandlers {
 public:
  // Largest number of waiting calls of one function. Beyond it the oldest client, or the newest
  // error, is dropped.
  static constexpr std::size_t kCapacity = 128;

  // Both functions may be empty. `name` is the device's, for the log. While the pool can start no
  // thread, the functions run on `loop`.
  ManagedDeviceHandlers(std::shared_ptr<HandlerPool> pool, std::string name,
                        std::function<void(IoTHubDeviceClient&)> on_new_client,
                        std::function<void(const IotError&)> on_background_exception,
                        std::weak_ptr<EventLoop> loop = {});
  ManagedDeviceHandlers(const ManagedDeviceHandlers&) = delete;
  ManagedDeviceHandlers& operator=(const ManagedDeviceHandlers&) = delete;
  ~ManagedDeviceHandlers() { stop(); }

  void bring(std::shared_ptr<IoTHubDeviceClient> client);
  // Logs the error if there is no function for it.
  void report(const Error& error, Service service);

  // Prevents further calls with a new client.
  void stop_bringing();
  // Prevents further calls of both functions. A call that is under way continues.
  void stop();
  // Calls `f` once neither function runs and no call is due. A call on the thread `except` counts
  // as completed.
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
