#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <azure/iot/device/clients/detail/hub_client_core.hpp>
#include <azure/iot/device/clients/iothub_device_client.hpp>
#include <azure/iot/device/clients/iothub_module_client.hpp>
#include <azure/iot/device/pipeline/loop/manual_loop.hpp>

#include "fake_hub.hpp"

namespace azure::iot::device::test {

// Made up for tests.
inline constexpr std::string_view kTestKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";
inline const std::string kTestConnectionString =
    "HostName=hub1.azure-devices.test;DeviceId=dev1;SharedAccessKey=" + std::string(kTestKey);
inline const std::string kTestModuleConnectionString = kTestConnectionString + ";ModuleId=mod1";

// What became of a call that was started.
template <class T>
class Call {
 public:
  detail::Completion<T> completion() {
    return detail::Completion<T>([state = state_](detail::Outcome<T> outcome) {
      ++state->times;
      state->outcome.emplace(std::move(outcome));
    });
  }
  bool done() const { return state_->times == 1; }  // Neither never nor twice.
  bool succeeded() const {
    if (!done()) return false;
    if constexpr (std::is_void_v<T>) {
      return !*state_->outcome;
    } else {
      return static_cast<bool>(*state_->outcome);
    }
  }
  const auto& value() const& { return **state_->outcome; }
  auto value() const&& { return value(); }
  Error error() const {
    if (!done()) return {};
    if constexpr (std::is_void_v<T>) {
      return *state_->outcome;
    } else {
      return state_->outcome->error();
    }
  }

 private:
  friend class TestClient;
  friend class TestProvisioningClient;
  struct State {
    int times = 0;
    std::optional<detail::Outcome<T>> outcome;
  };
  std::shared_ptr<const int> times() const { return {state_, &state_->times}; }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// The real client, without network, threads and waiting, and the hub that it is connected to: the
// words of FakeHub.
//
// An application is given the client as it knows it. Its blocking calls run the loop, and let the
// loop's time pass, until they have ended: an answer that takes a minute is there at once, with the
// clocks a minute further. Its handlers run on the loop as well, may make blocking calls, and run
// while a call is made and while the test moves the time.
//
//   TestClient hub;
//   hub.script_messages({slow(30s), lost});
//   hub.after(10s, [&] { hub.drop(); });
//   IoTHubDeviceClient client = hub.device_client();
//   thermostat(client);                                  // The application.
//   CHECK(hub.messages().size() == 2);
//
// An application that reads a clock or sleeps is given `loop->wall_now()` and `sleep`, and `after`
// in place of a thread or timer of its own. All of it is for one thread: the time does not pass for
// others. See README.md beside this.
//
// The calls below start one and return when nothing more happens without time passing: for tests
// that look at what is between the start of a call and its end.
class TestClient : public FakeHub {
 public:
  explicit TestClient(ConnectionStringOptions options = {},
                      std::string_view connection_string = kTestConnectionString);
  // Made from a token, that of a module or that of a device.
  TestClient(std::string_view sastoken, SasTokenOptions options,
             detail::TokenOwner owner = detail::TokenOwner::device);
  // Ends the client, without a call of its handlers, and reports calls that did not complete
  // exactly once to `on_violation`.
  ~TestClient();

  // The client for an application. It shuts the one client that there is down when it goes.
  IoTHubDeviceClient device_client() const { return IoTHubDeviceClient(core); }

  IoTHubModuleClient module_client() const { return IoTHubModuleClient(core); }

  // Calls `f` when so much of the loop's time has passed, also in the middle of a blocking call. As
  // on a thread of its own, it may make blocking calls, and sleep.
  void after(Duration delay, std::function<void()> f);
  void advance(Duration by) { loop->advance(by); }
  // Lets so much of the loop's time pass: the application's way to sleep, also in a handler.
  void sleep(Duration time);

  // Starts a call and lets it run as far as it goes without time passing.
  template <class T = void, class F>
  Call<T> call(F start) {
    Call<T> started;
    calls_.push_back(started.times());
    start(*core, started.completion());
    loop->run_posted();
    return started;
  }
  Call<void> connect(detail::Timeout timeout = {});
  Call<void> disconnect();
  Call<void> shutdown();
  Call<void> send(std::string text, detail::Timeout timeout = {});
  Call<Json> get_twin(detail::Timeout timeout = {});
  Call<void> on_message(std::function<void(Message)> handler);
  Call<void> on_method(std::function<void(MethodRequest)> handler);
  Call<void> on_patch(std::function<void(Json)> handler);

  std::shared_ptr<detail::HubClientCore> core;

 private:
  void create(detail::HubClientConfig config);

  std::vector<std::shared_ptr<const int>> calls_;
  std::list<Timer> timers_;
};

}  // namespace azure::iot::device::test
