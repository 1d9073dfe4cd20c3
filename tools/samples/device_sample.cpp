// A device at work: sends a reading every two seconds, answers methods, and prints all that it
// receives. Ends on SIGINT or SIGTERM, or after one round with --once.
//
//   IOTHUB_DEVICE_CONNECTION_STRING   the device, as the portal shows it
//   IOTHUB_CA_FILE, IOTHUB_PORT       as in sample_program.hpp (optional)
#include <cstdlib>
#include <string>
#include <utility>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace std::chrono_literals;
using sample::say;

namespace {

constexpr auto kPause = 2s;

// From the first connect on, which tells its outcome itself: a handler has a thread of its own, and
// might say "connected" after what the main thread did next.
void show_what_happens(IoTHubDeviceClient& client) {
  client.on_connection_state_change([](ConnectionStateChange change) {
    if (change.connected) return say("connected");
    say("disconnected: " + change.reason->likely_cause);
  });
  client.on_background_exception(
      [](const IotError& error) { say(std::string("in the background: ") + error.what()); });
}

void take_what_comes_down(IoTHubDeviceClient& client) {
  client.on_message_received([](Message message) { say("message: " + message.data); });
  client.on_method_request_received([&client](MethodRequest request) {
    const auto response = MethodResponse::create_from_method_request(
        request, 200, Json{{"done", true}, {"given", request.payload}});
    client.send_method_response(response);
    say("method " + request.name + " answered");
  });
  client.on_twin_desired_properties_patch_received(
      [](Json patch) { say("desired: " + patch.dump()); });
}

void send_reading(IoTHubDeviceClient& client, int number) {
  Message message{.data = Json{{"reading", number}}.dump(),
                  .content_encoding = "utf-8",
                  .content_type = "application/json"};
  message.custom_properties["kind"] = "demo";
  client.send_message(std::move(message));
  say("sent reading " + std::to_string(number));
}

// Sends readings until a signal comes. A lost link does not end it.
void work(IoTHubDeviceClient& client, sample::StopOnSignal& stop) {
  for (int number = 2; !stop.wait_for(kPause); ++number) {
    try {
      send_reading(client, number);
    } catch (const IotError& error) {
      if (stop.came()) return;  // The client was shut down meanwhile.
      say(std::string("not sent: ") + error.what());
    }
  }
}

void talk(IoTHubDeviceClient& client, sample::StopOnSignal& stop, bool once) {
  client.connect();
  say("connected");
  show_what_happens(client);
  send_reading(client, 1);
  say("twin: " + client.get_twin().dump());
  client.patch_twin_reported_properties({{"sample", {{"running", true}}}});
  say("reported that the sample is running");
  if (!once) {
    take_what_comes_down(client);
    say("waiting for what comes down; end with Ctrl-C");
    work(client, stop);
  }
}

int run(bool once) {
  const sample::BlockedSignals signals;
  auto client = IoTHubDeviceClient::create_from_connection_string(
      sample::connection_string("IOTHUB_DEVICE_CONNECTION_STRING"), sample::options());
  sample::StopOnSignal stop(signals, [&client] { client.shutdown(); });
  try {
    talk(client, stop, once);
  } catch (const IotError&) {
    if (!stop.came()) throw;
  }
  client.shutdown();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  return sample::run_program(
      argc, argv,
      "Usage: device_sample [--once]\n"
      "A device that sends readings, answers methods and shows what comes down, until SIGINT or\n"
      "SIGTERM.\n"
      "  --once   one reading, then the end\n"
      "Settings, from the environment:\n"
      "  IOTHUB_DEVICE_CONNECTION_STRING   the device, as the portal shows it\n"
      "  IOTHUB_CA_FILE                    certificates to trust instead of the system's "
      "(optional)\n"
      "  IOTHUB_PORT                       the hub's port, if it is not 8883 (optional)\n",
      "--once", run);
}
