#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "../../pipeline/loop/fork_guard.hpp"
#include "../../pipeline/loop/timer.hpp"
#include "../../pipeline/mqtt_transport.hpp"
#include "../../pipeline/nucleus.hpp"
#include "connect_record.hpp"
#include "hub_client_core.hpp"
#include "managed_device_config.hpp"
#include "managed_device_handlers.hpp"
#include "provisioning_client_core.hpp"
#include "registration_distance.hpp"

namespace azure::iot::device::detail {

struct WatchedLink;

// Network access of a managed device, for each of its two services.
struct ManagedDeviceNetwork {
  MqttTransportFactory provisioning;
  MqttTransportFactory hub;
  std::shared_ptr<HandlerPool> handler_pool;
  std::function<double()> random = &make_random;  // Uniform in [0, 1).
};

// Policy of ManagedDevice, which runs on the loop's thread, and its calls, which may be made on any
// thread.
class ManagedDeviceCore final : public Core,
                                public std::enable_shared_from_this<ManagedDeviceCore> {
 public:
  static std::shared_ptr<ManagedDeviceCore> create(ManagedDeviceConfig config,
                                                   ManagedDeviceNetwork network);
  ManagedDeviceCore(const ManagedDeviceCore&) = delete;
  ManagedDeviceCore& operator=(const ManagedDeviceCore&) = delete;
  ~ManagedDeviceCore() override;

  void start_connect(Timeout timeout, Completion<void> done);
  // Idempotent.
  void start_shutdown(Completion<void> done) override;
  void start_end(std::thread::id caller, Completion<void> done) override;
  std::shared_ptr<IoTHubDeviceClient> client() const;

  EventLoop& loop() override { return *config_.loop; }
  // Returns the service that failed, or was waited for, last.
  Service service() const override { return service_; }
  bool inherited_by_fork() const override { return fork_guard_.in_child(); }
  bool was_shut_down() const override { return shut_down_; }
  void stop_handlers() override;

 private:
  enum class State {
    idle,         // Becomes registering or connecting with a call of connect.
    registering,  // Becomes connecting; after a failure idle, or waiting once the policy holds.
    connecting,   // Becomes connected; after a failure as above.
    connected,    // There is a client, which redials. Becomes leaving when the client gives up or
                  // the hub is unreachable; connecting when connect finds no link.
    leaving,      // The client is shut down. Becomes registering, or waiting.
    waiting,      // Between two attempts. Becomes registering or connecting.
    ended,        // After shutdown.
  };
  struct Waiter {
    explicit Waiter(Completion<void> done_) : done(std::move(done_)) {}
    Completion<void> done;
    Timer timer;
  };

  ManagedDeviceCore(ManagedDeviceConfig config, ManagedDeviceNetwork network);

  void connect(SteadyTime deadline, Completion<void> done);
  Error not_connected_yet();
  void proceed();
  void register_again();
  void start_registration();
  void on_registered(const Result<RegistrationResult>& result);
  std::shared_ptr<ProvisioningClientCore> make_provisioning_client();
  std::shared_ptr<HubClientCore> make_hub_client();
  std::shared_ptr<WatchedLink> watch_link();
  void connect_to_hub();
  void on_connected(const Error& error);
  void bring_client();
  void on_attempt(const Error& error, bool redial);
  void on_gave_up();
  void leave();
  // Shuts down the hub's client, if there is one, without waiting.
  void end_hub(Completion<void> done);
  void fail(const Error& error, Service service);
  void wait(Duration pause);
  Duration pause_after(const Error& error);
  void end(std::thread::id caller, Completion<void> done);
  void end_waiters(const Error& error);
  // Returns the clients that still exist, including those of earlier hubs.
  std::vector<std::shared_ptr<HubClientCore>> hub_clients() const;
  // Takes the client out, so that `client` returns null from now on.
  std::shared_ptr<IoTHubDeviceClient> take_client();
  // Runs `f` on the loop, outside the stages, unless this has been destroyed by then.
  template <class F>
  void later(F f);

  const ForkGuard fork_guard_;
  ManagedDeviceHandlers handlers_;
  const ManagedDeviceConfig config_;  // Everything except the functions of the handlers.
  const ManagedDeviceNetwork network_;
  std::atomic<bool> shut_down_ = false;
  std::atomic<Service> service_ = Service::provisioning;

  // Loop's thread only.
  State state_ = State::idle;
  bool established_ = false;  // There was a client once, so the policy holds.
  std::optional<RegistrationResult> assignment_;
  std::shared_ptr<ProvisioningClientCore> provisioning_;
  bool service_reached_ = false;  // In the present registration.
  std::shared_ptr<HubClientCore> hub_;
  ConnectRecord connects_;  // To the hub of the assignment.
  bool taken_ = false;      // That hub has accepted the device.
  RegistrationDistance distance_;
  int failed_in_a_row_ = 0;  // Attempts to get from a registration to a client.
  Timer pause_;
  std::list<Waiter> waiters_;

  mutable std::mutex mutex_;
  std::shared_ptr<IoTHubDeviceClient> client_;
  std::vector<std::weak_ptr<HubClientCore>> hub_clients_;
};

}  // namespace azure::iot::device::detail
