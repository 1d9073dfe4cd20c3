// Tests of another project with the kit: an application over a far end with faults, a custom stage
// in a client, and that stage alone.
#include <iostream>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/testkit/testkit.hpp>

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

struct CountingStage final : Handles<CountingStage, Ops<MqttPublishOperation>> {
  std::string_view name() const override { return "CountingStage"; }
  void run(Owned<MqttPublishOperation> op) {
    ++publishes;
    send_op_down(std::move(op));
  }
  static inline int publishes = 0;
};

bool application_works() {
  TestClient hub(
      {.stages = {before("MqttTransportStage", [] { return std::make_unique<CountingStage>(); })}});
  hub.transport.script_acks({slow(1min), stall});
  IoTHubDeviceClient client = hub.device_client();
  client.send_message("21.5");
  try {
    client.send_message("21.6", 5s);
  } catch (const OperationTimeout&) {
    return CountingStage::publishes == 2 && hub.loop->now() == SteadyTime(65s);
  }
  return false;
}

bool stage_works() {
  TestPipeline<CountingStage> p;
  p.run<ConnectOperation>();
  return p.run<MqttPublishOperation>("topic", "payload").succeeded() && p.finish().empty() &&
         CountingStage::publishes == 3;
}

int main() {
  if (application_works() && stage_works()) return 0;
  std::cerr << "the test kit does not work here\n";
  return 1;
}
