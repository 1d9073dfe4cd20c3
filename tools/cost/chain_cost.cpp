// chain-cost: sends messages through the chain of a hub client, and nothing else, so that callgrind
// can count their cost. Prints the number of allocations per message.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "iothub/iothub_events.hpp"
#include "iothub/iothub_operations.hpp"
#include "iothub/iothub_pipeline.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/operations.hpp"

namespace {

std::uint64_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace azure::iot::device {
namespace {

// A far end that acknowledges on request.
class FarEnd final : public MqttTransport {
 public:
  explicit FarEnd(MqttTransportListener& listener) : listener_(listener) { current = this; }

  Error connect(std::optional<std::string>) override {
    listener_.on_mqtt_connected(true);
    return {};
  }
  std::string cancel_connect() override { return {}; }
  Error disconnect(bool) override { return {}; }
  Error publish(OpKey key, std::string, std::string) override {
    sent_ = key;
    return {};
  }
  Error subscribe(OpKey, const std::string&) override { return {}; }
  Error unsubscribe(OpKey, const std::string&) override { return {}; }
  void pause_reading(bool) override {}
  void cancel_all_operations() override {}
  Error shutdown() override { return {}; }

  void acknowledge() { listener_.on_mqtt_acknowledged(sent_, {}); }
  void send(std::string_view topic, std::string_view payload) {
    listener_.on_mqtt_message_received(topic, payload);
  }

  static FarEnd* current;

 private:
  MqttTransportListener& listener_;
  OpKey sent_{};
};

FarEnd* FarEnd::current = nullptr;

struct Chain {
  Chain() {
    PipelineConfig config;
    config.hostname = "hub";
    pipeline = make_iothub_mqtt_pipeline(
        loop, std::move(config), {.device_id = "dev1", .user_agent = "agent"},
        [](EventLoop&, const MqttTransportConfig&,
           MqttTransportListener& listener) -> Result<std::unique_ptr<MqttTransport>> {
          return std::unique_ptr<MqttTransport>(std::make_unique<FarEnd>(listener));
        },
        [this](const Event& event) { take(event); });
    pipeline->enter(make_op<InitializePipelineOperation>());
    pipeline->enter(make_op<ConnectOperation>());
    loop->run_posted();
  }
  ~Chain() { pipeline->close(Errc::pipeline_not_running); }

  // Stores an event as an inbox does.
  void take(const Event& event) {
    if (const auto* message = event_cast<C2DMessageEvent>(event)) {
      const Message taken = std::move(message->message);
      ended += taken.data.size() > 0;
    } else if (const auto* patch = event_cast<TwinDesiredPropertiesPatchEvent>(event)) {
      const Json taken = std::move(patch->patch);
      ended += taken.is_object();
    }
  }

  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  std::shared_ptr<Pipeline> pipeline;
  std::uint64_t ended = 0;
};

Message make_telemetry() {
  Message message{.data = std::string(256, 'x'), .message_id = "message-1"};
  message.custom_properties["room"] = "attic";
  return message;
}

void send_telemetry(Chain& chain) {
  auto op = make_op<SendD2CMessageOperation>(make_telemetry());
  op->deadline = chain.loop->now() + std::chrono::minutes{4};  // As the client sets it.
  op->then([&chain](OpPtr, Error error) { chain.ended += !error; });
  chain.pipeline->enter(std::move(op));
  FarEnd::current->acknowledge();
}

void receive_c2d(Chain&) {
  FarEnd::current->send("devices/dev1/messages/devicebound/%24.mid=1&%24.to=%2Fdevices%2Fdev1&a=b",
                        "a message of some length, as a service may send it");
}

void receive_patch(Chain&) {
  FarEnd::current->send("$iothub/twin/PATCH/properties/desired/?$version=7",
                        R"({"interval": 60, "tags": {"room": "attic"}, "$version": 7})");
}

}  // namespace

// The functions that callgrind collects, named so that it can find them.
__attribute__((noinline)) void measured(void (*once)(Chain&), Chain& chain, int times) {
  for (int i = 0; i < times; ++i) once(chain);
}

namespace {

int run(const std::string& what, int times) {
  const std::pair<std::string_view, void (*)(Chain&)> kinds[] = {
      {"telemetry", &send_telemetry}, {"c2d", &receive_c2d}, {"twin_patch", &receive_patch}};
  for (const auto& [name, once] : kinds) {
    if (name != what) continue;
    Chain chain;
    for (int i = 0; i < 100; ++i) once(chain);  // Warms up until pools and tables have their size.
    const std::uint64_t before = allocations;
    measured(once, chain, times);
    const std::uint64_t made = allocations - before;
    if (chain.ended != static_cast<std::uint64_t>(times) + 100) {
      std::cerr << "chain-cost: " << chain.ended << " of " << times + 100 << " came through\n";
      return 1;
    }
    std::cout << static_cast<double>(made) / times << '\n';
    return 0;
  }
  std::cerr << "usage: chain-cost telemetry|c2d|twin_patch [TIMES]\n";
  return 2;
}

}  // namespace
}  // namespace azure::iot::device

int main(int argc, char** argv) {
  const int times = argc > 2 ? std::atoi(argv[2]) : 1000;
  return azure::iot::device::run(argc > 1 ? argv[1] : "", times > 0 ? times : 1000);
}
