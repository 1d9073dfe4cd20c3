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

// Invented for tests.
inline constexpr std::string_view kTestKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";
inline const std::string kTestConnectionString =
    "HostName=hub1.azure-devices.test;DeviceId=dev1;SharedAccessKey=" + std::string(kTestKey);
inline const std::string kTestModuleConnectionString = kTestConnectionString + ";ModuleId=mod1";

// The outcome of a call that was started.
template <class T>
class Call {
 public:
  detail::Completion<T> completion() {
    return detail::Completion<T>([state = state_](detail::Outcome<T> outcome) {
      ++state->times;
      state->outcome.emplace(std::move(outcome));
    });
  }
  bool done() const { return state_->times == 1; }  // Exactly once.
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

// The real client, without network, threads or waiting, and the hub that it is connected to. The
// hub is scripted through FakeHub.
//
// The application under test gets the client in its public form. A blocking call runs the loop and
// lets virtual time pass until the call has completed. An answer that takes a minute is therefore
// there at once, and the clocks are a minute further. Handlers run on the loop as well, while a
// call is made and while the test advances the time. They may make blocking calls.
//
//   TestClient hub;
//   hub.script_messages({slow(30s), lost});
//   hub.after(10s, [&] { hub.drop(); });
//   IoTHubDeviceClient client = hub.device_client();
//   thermostat(client);                                  // The application.
//   CHECK(hub.messages().size() == 2);
//
// Give an application that reads a clock or sleeps `loop->wall_now()` and `sleep`. Use `after` in
// place of a thread or timer of its own. All of it must run on one thread, since time does not pass
// for others. See README.md in this folder.
//
// The calls below start an operation and return when nothing more is due without time passing. They
// are for tests that examine the state between the start of a call and its completion.
class TestClient : public FakeHub {
 public:
  explicit TestClient(ConnectionStringOptions options = {},
                      std::string_view connection_string = kTestConnectionString);
  // Creates the client from a token, as a module or as a device.
  TestClient(std::string_view sastoken, SasTokenOptions options,
             detail::TokenOwner owner = detail::TokenOwner::device);
  // Shuts the client down without calling its handlers. Reports calls that did not complete exactly
  // once to `on_violation`.
  ~TestClient();

  // A client for the application. Its destruction shuts the one client down.
  IoTHubDeviceClient device_client() const { return IoTHubDeviceClient(core); }

  IoTHubModuleClient module_client() const { return IoTHubModuleClient(core); }

  // Calls `f` once this much of the loop's time has passed, also in the middle of a blocking call.
  // `f` may make blocking calls and sleep, as if on a thread of its own.
  void after(Duration delay, std::function<void()> f);
  void advance(Duration by) { loop->advance(by); }
  // Lets this much of the loop's time pass. An application sleeps with it, also in a handler.
  void sleep(Duration time);

  // Starts a call and runs it as far as it can get without time passing.
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
