// A custom stage that measures: it counts operations, their outcomes, and their durations. The hub
// is the far end of the test kit, set to be slow, to refuse a connect and to lose a packet; the
// program needs no network.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/testkit/test_client.hpp>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

struct Count {
  int succeeded = 0;
  int failed = 0;
  Duration total{};
  Duration longest{};
};
using Metrics = std::map<std::string, Count, std::less<>>;

class MetricsStage final : public Stage {
 public:
  // The counters outlive the client, and can be read after its end.
  explicit MetricsStage(std::shared_ptr<Metrics> metrics) : metrics_(std::move(metrics)) {}
  std::string_view name() const override { return "MetricsStage"; }

 private:
  // Passes on any operation, whatever its type, and sees it again when it completes.
  void run_op(OpPtr op) override {
    Count& count = (*metrics_)[std::string(op->name())];
    op->then([this, &count, start = loop().now()](OpPtr ended, Error error) {
      const Duration took = loop().now() - start;
      ++(error ? count.failed : count.succeeded);
      count.total += took;
      count.longest = std::max(count.longest, took);
      complete(std::move(ended), std::move(error));
    });
    send_op_down(std::move(op));
  }

  const std::shared_ptr<Metrics> metrics_;
};

std::ostream& operator<<(std::ostream& out, const Metrics& metrics) {
  const auto in_ms = [](Duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
  };
  out << std::left << std::setw(38) << "operation" << std::right << std::setw(6) << "ok"
      << std::setw(8) << "failed" << std::setw(12) << "mean ms" << std::setw(12) << "longest ms\n";
  for (const auto& [name, count] : metrics) {
    out << std::left << std::setw(38) << name << std::right << std::setw(6) << count.succeeded
        << std::setw(8) << count.failed << std::setw(12)
        << in_ms(count.total) / (count.succeeded + count.failed) << std::setw(11)
        << in_ms(count.longest) << '\n';
  }
  return out;
}

// The application.
void work(IoTHubDeviceClient& client) {
  try {
    client.connect();
  } catch (const ConnectionFailedError&) {
    client.connect();
  }
  for (const char* text : {"21.5", "21.6", "21.7"}) client.send_message(text);
  client.get_twin();
  client.shutdown();
}

int run(bool) {
  const auto metrics = std::make_shared<Metrics>();
  test::TestClient hub({.stages = {before("OpTimeoutStage", [metrics] {
                          return std::make_unique<MetricsStage>(metrics);
                        })}});
  hub.transport.script({test::refuse, test::slow(250ms)});
  hub.transport.script_acks({test::slow(20ms), test::slow(80ms), test::drop});
  IoTHubDeviceClient client = hub.device_client();
  work(client);
  std::cout << *metrics;
  const Count& publishes = (*metrics)["MqttPublishOperation"];
  return publishes.succeeded == 4 && publishes.longest > 0ms ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  return sample::run_program(
      argc, argv,
      "Usage: metrics_stage_sample\n"
      "Counts and times the operations of a client in a stage of its own. It needs no hub.\n",
      "", run);
}
