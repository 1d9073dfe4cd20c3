// A program that ends in the way that its argument names, while the library is at work.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "clients/iothub_device_client.hpp"
#include "pipeline/operations.hpp"

namespace {
using namespace azure::iot::device;
using namespace std::chrono_literals;

std::atomic<int> handled = 0;
std::function<void()> on_loop;     // Called on the loop's thread, once a handler has run.
std::function<void()> in_handler;  // Called in each handler.

// Has the handlers called all the time, as a busy hub would.
class BusyStage final : public Stage {
 public:
  std::string_view name() const override { return "BusyStage"; }

 private:
  void run_op(OpPtr op) override {
    if (op->type() == type_id<InitializePipelineOperation>()) again();
    send_op_down(std::move(op));
  }
  void on_close() override { timer_.cancel(); }
  void again() {
    timer_.start(loop(), 100us, [this] {
      report_background_error(Errc::user_stage);
      if (handled > 0 && on_loop) on_loop();
      again();
    });
  }
  Timer timer_;
};

IoTHubDeviceClient make_client() {
  // Nothing listens there: it dials for ever.
  auto client = IoTHubDeviceClient::create_from_symmetric_key(
      "a2V5", "127.0.0.1", "device",
      {.connection_retry_interval = 1s,
       .stages = {before("SasTokenStage", [] { return std::make_unique<BusyStage>(); })}});
  client.on_background_exception([](const IotError&) {
    ++handled;
    if (in_handler) in_handler();
    std::this_thread::sleep_for(1ms);
  });
  return client;
}

void wait_for_handlers() {
  while (handled < 3) std::this_thread::sleep_for(1ms);
}

// Objects that live until static objects are destroyed: declared before the library was used.
std::optional<IoTHubDeviceClient> static_client;
std::vector<IoTHubDeviceClient> static_clients;
std::shared_ptr<EventLoop> static_loop;

[[noreturn]] void wait_for_end() {
  std::this_thread::sleep_for(60s);
  std::abort();
}

int run(const std::string& way) {
  if (way == "return-with-static-client") {
    static_client.emplace(make_client());
    wait_for_handlers();
    return 0;
  }
  if (way == "return-with-many-static-clients") {
    for (int i = 0; i < 5; ++i) static_clients.push_back(make_client());
    wait_for_handlers();
    return 0;
  }
  if (way == "return-with-local-static-client") {
    static const IoTHubDeviceClient client = make_client();
    wait_for_handlers();
    return 0;
  }
  if (way == "return-with-static-loop") {
    static_client.emplace(make_client());
    static_loop = EventLoop::shared();
    wait_for_handlers();
    return 0;
  }
  if (way == "exit-beside-handlers") {
    // Never destroyed: its threads work on while the process ends.
    new IoTHubDeviceClient(make_client());
    wait_for_handlers();
    std::exit(0);
  }
  if (way == "exit-in-handler") {
    in_handler = [] { std::exit(0); };
    static_client.emplace(make_client());
    wait_for_end();
  }
  if (way == "exit-in-handler-of-local-client") {
    in_handler = [] { std::exit(0); };
    const IoTHubDeviceClient client = make_client();
    wait_for_end();
  }
  if (way == "exit-on-loop") {
    on_loop = [] { std::exit(0); };
    static_client.emplace(make_client());
    wait_for_end();
  }
  if (way == "exit-beside-call") {
    static_client.emplace(make_client());
    std::thread([] {
      try {
        static_client->connect(1min);
      } catch (const std::exception&) {
        wait_for_end();
      }
    }).detach();
    wait_for_handlers();
    std::exit(0);
  }
  if (way == "exit-on-another-thread") {
    static_client.emplace(make_client());
    wait_for_handlers();
    std::thread([] { std::exit(0); }).detach();
    wait_for_end();
  }
  return 3;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? run(argv[1]) : 3; }
