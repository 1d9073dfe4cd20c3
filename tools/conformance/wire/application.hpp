#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "clients/provisioning_device_client.hpp"
#include "pipeline/loop/epoll_loop.hpp"
#include "tools/conformance/wire/event_queues.hpp"
#include "tools/conformance/wire/fake_hub.hpp"
#include "tools/conformance/wire/outcome.hpp"
#include "tools/conformance/wire/scaled_clock.hpp"
#include "tools/conformance/wire/vector.hpp"

namespace azure::iot::device::conformance::wire {

// The application of a vector: its client, on a loop of its own in the vector's time, and the
// events that its handlers received.
class Application {
 public:
  Application(const Vector& vector, FakeHub& hub);
  ~Application();

  // Makes the client.
  Outcome create();
  // Makes the call of a step, in its blocking form. Any thread. Throws CompileTimeRefusal.
  Outcome call(const Json& step);

  EventQueues& events() { return events_; }
  void advance_clock(std::chrono::seconds by);
  // Advances the time at once.
  void skip(Duration by);

 private:
  std::shared_ptr<detail::HubClientCore> make_core();
  std::shared_ptr<detail::ProvisioningClientCore> make_provisioning_core();
  Json do_call(const std::string& call, const Json& step);
  void set_handler(const std::string& handler, bool clear);
  IoTHubDeviceClient& device();
  IoTHubModuleClient& module();
  IoTHubClient& client();
  ProvisioningDeviceClient& provisioning();

  const Vector& vector_;
  FakeHub& hub_;
  const std::shared_ptr<ScaledClock> clock_;
  const std::shared_ptr<EpollLoop> loop_;
  EventQueues events_;
  std::mutex mutex_;
  std::optional<MethodRequest> last_method_;
  std::optional<IoTHubDeviceClient> device_;
  std::optional<IoTHubModuleClient> module_;
  std::optional<ProvisioningDeviceClient> provisioning_;
};

}  // namespace azure::iot::device::conformance::wire
