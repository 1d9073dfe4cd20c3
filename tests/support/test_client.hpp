#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clients/detail/hub_client_core.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "support/fake_mqtt_transport.hpp"

namespace azure::iot::device::test {

// Made up for tests.
inline constexpr std::string_view kTestKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";
inline const std::string kTestConnectionString =
    "HostName=hub1.azure-devices.test;DeviceId=dev1;SharedAccessKey=" + std::string(kTestKey);

// What became of a call.
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
  const auto& value() const { return **state_->outcome; }
  Error error() const {
    if (!done()) return {};
    if constexpr (std::is_void_v<T>) {
      return *state_->outcome;
    } else {
      return state_->outcome->error();
    }
  }

 private:
  struct State {
    int times = 0;
    std::optional<detail::Outcome<T>> outcome;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// The real client over a faked far end, on a loop and a pool without threads. The far end answers
// each reading of the twin with `twin`, and each change of reported properties.
class TestClient {
 public:
  explicit TestClient(ConnectionStringOptions options = {});
  ~TestClient();

  // Starts a call and lets it run as far as it goes without time passing.
  template <class T = void, class F>
  Call<T> call(F start) {
    Call<T> started;
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

  void receive(std::string_view topic, std::string_view payload = {});
  void receive_c2d(std::string_view payload);
  void drop();
  void advance(Duration by) { loop->advance(by); }

  FakeMqttTransport transport;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::string twin = R"({"desired": {"$version": 1}, "reported": {"$version": 1}})";
  std::shared_ptr<detail::HubClientCore> core;

 private:
  void answer(const FakeMqttTransport::Packet& packet);
};

}  // namespace azure::iot::device::test
