// A custom stage that injects faults: it fails every third publish and delays every fourth. The
// rest of the chain is the real one, and the hub is the far end of the test kit, so the program
// needs no network, and a delay of five seconds takes no time. In an application the stage is
// passed in the options of the client in the same way.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/pipeline/operations.hpp>
#include <azure/iot/device/pipeline/pending_ops.hpp>
#include <azure/iot/device/testkit/test_client.hpp>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

class FaultStage final : public Handles<FaultStage, Ops<MqttPublishOperation>> {
 public:
  // Counted from the first publish of the client; 0 means none.
  struct Plan {
    int fail_every = 0;
    int delay_every = 0;
    Duration delay = 5s;
  };

  explicit FaultStage(Plan plan) : plan_(plan) {}
  std::string_view name() const override { return "FaultStage"; }

  void run(Owned<MqttPublishOperation> op) {
    ++publishes_;
    if (is_due(plan_.fail_every)) {
      return complete(std::move(op), Error(Errc::connection_dropped, "FaultStage lost it"));
    }
    if (is_due(plan_.delay_every)) {
      const SteadyTime until = saturating_add(loop().now(), plan_.delay);
      delayed_.hold_until(std::move(op), until,
                          [this](OpPtr held) { send_op_down(std::move(held)); });
      return;
    }
    send_op_down(std::move(op));
  }

 private:
  bool is_due(int every) const { return every > 0 && publishes_ % every == 0; }

  const Plan plan_;
  int publishes_ = 0;
  PendingOps delayed_{*this, "for the end of an injected delay"};
};

// The application. Returns how many of its readings did not reach the hub.
int send_readings(IoTHubDeviceClient& client, const EventLoop& loop) {
  int lost = 0;
  for (int number = 1; number <= 8; ++number) {
    const SteadyTime start = loop.now();
    std::cout << "reading " << number << ": ";
    try {
      client.send_message("reading " + std::to_string(number), 1min);
      std::cout << "sent";
    } catch (const IotError& error) {
      ++lost;
      std::cout << error.what();
    }
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(loop.now() - start);
    std::cout << " (" << took.count() << " s)\n";
  }
  return lost;
}

int run(bool) {
  const FaultStage::Plan plan{.fail_every = 3, .delay_every = 4};
  // Below everything that retries or times out, and above what talks to the network.
  test::TestClient hub({.stages = {before("MqttTransportStage",
                                          [plan] { return std::make_unique<FaultStage>(plan); })}});
  IoTHubDeviceClient client = hub.device_client();
  const int lost = send_readings(client, *hub.loop);
  const std::size_t arrived = hub.transport.published().size();
  std::cout << arrived << " arrived, " << lost << " were lost\n";
  const bool as_planned = lost == 2 && arrived == 6 && hub.loop->now() == SteadyTime(10s);
  return as_planned ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  return sample::run_program(
      argc, argv,
      "Usage: fault_stage_sample\n"
      "Sends readings through a stage that loses and delays messages. It needs no hub.\n",
      "", run);
}
