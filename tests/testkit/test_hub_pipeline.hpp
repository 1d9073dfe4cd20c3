#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <azure/iot/device/iothub/iothub_config.hpp>
#include <azure/iot/device/iothub/iothub_events.hpp>
#include <azure/iot/device/iothub/iothub_operations.hpp>
#include <azure/iot/device/iothub/iothub_pipeline.hpp>

#include "test_pipeline.hpp"

namespace azure::iot::device::test {

inline const IotHubConfig kDevice{.device_id = "dev1", .user_agent = "agent"};
inline const IotHubConfig kModule{.device_id = "dev1", .module_id = "mod1", .user_agent = "agent"};

// Items from the hub that reached the top.
struct HubRecord {
  std::vector<Json> patches;
  std::vector<Message> c2d_messages;
  std::vector<Message> input_messages;
  std::vector<MethodRequest> method_requests;

  void add(const Event& event) {
    if (const auto* patch = event_cast<TwinDesiredPropertiesPatchEvent>(event)) {
      patches.push_back(patch->patch);
    } else if (const auto* c2d = event_cast<C2DMessageEvent>(event)) {
      c2d_messages.push_back(c2d->message);
    } else if (const auto* input = event_cast<InputMessageEvent>(event)) {
      input_messages.push_back(input->message);
    } else if (const auto* method = event_cast<MethodRequestEvent>(event)) {
      method_requests.push_back(method->method_request);
    }
  }
};

// The part of a hub that answers twin requests, each with the twin of that moment.
class FakeTwinService {
 public:
  explicit FakeTwinService(FakeMqttTransport& transport) : transport_(transport) {
    transport_.on_packet = [this](const FakeMqttTransport::Packet& packet) { answer(packet); };
  }
  FakeTwinService(const FakeTwinService&) = delete;
  FakeTwinService& operator=(const FakeTwinService&) = delete;

  // Sets the version of the desired properties that responses carry.
  void set_desired(int version) {
    body = R"({"desired": {"$version": )" + std::to_string(version) + R"(}, "reported": {}})";
  }

  // The replies to the next requests, one each.
  void script(std::initializer_list<Reply> replies) { script_.insert(script_.end(), replies); }

  // Behaviour without a scripted reply.
  bool silent = false;  // No response.
  int status = 200;
  std::string body = R"({"desired": {"$version": 1}, "reported": {}})";
  int requests = 0;

 private:
  void answer(const FakeMqttTransport::Packet& packet) {
    constexpr std::string_view kRid = "?$rid=";
    if (!packet.topic.starts_with("$iothub/twin/")) return;
    if (packet.kind != FakeMqttTransport::Packet::Kind::publish) return;
    ++requests;
    Reply reply = silent ? lost : accept;
    if (!script_.empty()) {
      reply = std::move(script_.front());
      script_.pop_front();
    }
    const std::string rid = packet.topic.substr(packet.topic.find(kRid));
    transport_.serve(reply, [this, rid](std::optional<int> given) {
      const std::string code = std::to_string(given.value_or(status));
      transport_.receive("$iothub/twin/res/" + code + "/" + rid, body);
    });
  }

  FakeMqttTransport& transport_;
  std::deque<Reply> script_;
};

// Some stages of a hub client's chain, above a far end that answers twin requests.
template <class... Stages>
class TestHubPipeline : public TestPipeline<Stages...> {
 public:
  explicit TestHubPipeline(PipelineConfig config = {}, const IotHubConfig& hub = kDevice)
      : TestPipeline<Stages...>(std::move(config), hub) {
    this->on_event = [this](const Event& event) { received.add(event); };
  }
  // Publishes from the service now.
  void receive(std::string_view topic, std::string_view payload = {}) {
    this->transport.receive(topic, payload);
    this->settle();
  }

  FakeTwinService twin{this->transport};
  HubRecord received;
};

// The whole chain of a hub client, assembled as for the real client.
class TestHubChain : public TestChain {
 public:
  explicit TestHubChain(PipelineConfig config = {}, const IotHubConfig& hub = kDevice) {
    on_event = [this](const Event& event) { received.add(event); };
    start(make_iothub_mqtt_pipeline(shared_loop(), std::move(config), hub, transport.factory(),
                                    sink()));
  }

  FakeTwinService twin{transport};
  HubRecord received;
};

}  // namespace azure::iot::device::test
