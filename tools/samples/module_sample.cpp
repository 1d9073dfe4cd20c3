// A module at work: takes temperatures that come to its input "readings", and passes those above a
// limit on to its output "alarms". The limit is a desired property; the method "reset" returns
// the number of readings and resets it to zero. Ends on SIGINT or SIGTERM.
//
//   IOTHUB_MODULE_CONNECTION_STRING   the module, as the portal shows it
//   IOTHUB_CA_FILE, IOTHUB_PORT       as in sample_program.hpp (optional)
//
// With the simulated hub, in two shells:
//   iothub-sim run --device edge/filter --device edge/siren
//       --route filter/outputs/alarms=siren/inputs/alarms
//   iothub-sim send-input edge/filter readings '{"temperature": 31}'
//   iothub-sim twin edge/filter --desired '{"limit": 35}'
//   iothub-sim invoke edge/filter reset
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>

#include "sample_program.hpp"

using namespace azure::iot::device;
using sample::say;

namespace {

// Handlers of different kinds may run at the same time, so shared values are atomic.
struct Filter {
  std::atomic<double> limit = 30;
  std::atomic<int> received = 0;
  std::atomic<int> passed_on = 0;

  std::mutex mutex;
  std::int64_t version = 0;  // The version of the desired properties that the limit is from.
};

void take_readings(IoTHubModuleClient& client, Filter& filter) {
  client.on_message_received([&](Message message) {
    if (message.input_name != "readings") return;
    const Result<Json> body = Json::parse(message.data);
    const Json* temperature = body ? (*body).find("temperature") : nullptr;
    if (!temperature || !temperature->is_number()) return say("no reading: " + message.data);
    ++filter.received;
    if (temperature->as_double() <= filter.limit) return say("quiet: " + message.data);
    // Passes on the message with its properties as they came.
    client.send_message_to_output(message, "alarms");
    ++filter.passed_on;
    say("alarm: " + message.data);
  });
}

void answer_methods(IoTHubModuleClient& client, Filter& filter) {
  client.on_method_request_received([&](MethodRequest request) {
    MethodResponse response = MethodResponse::create_from_method_request(request, 404);
    if (request.name == "reset") {
      response.status = 200;
      response.payload = {{"received", filter.received.exchange(0)},
                          {"passed_on", filter.passed_on.exchange(0)}};
    }
    client.send_method_response(response);
    say("method " + request.name + " answered with " + std::to_string(response.status));
  });
}

// Takes the limit from the desired properties, or from a patch of them, and reports it. A patch
// that comes while the twin is read may be newer.
void set_limit(IoTHubModuleClient& client, Filter& filter, const Json& desired) {
  const std::scoped_lock lock(filter.mutex);
  const std::int64_t version = desired["$version"].as_int();
  if (version <= filter.version) return;
  filter.version = version;
  const Json* limit = desired.find("limit");
  if (!limit || !limit->is_number()) return;
  filter.limit = limit->as_double();
  client.patch_twin_reported_properties({{"limit", *limit}});
  say("limit: " + limit->dump());
}

void work(IoTHubModuleClient& client, Filter& filter) {
  client.on_background_exception(
      [](const IotError& error) { say(std::string("in the background: ") + error.what()); });
  client.on_twin_desired_properties_patch_received(
      [&](Json patch) { set_limit(client, filter, patch); });
  set_limit(client, filter, client.get_twin()["desired"]);
  answer_methods(client, filter);
  take_readings(client, filter);
  say("waiting for readings; end with Ctrl-C");
}

int run(bool) {
  const sample::BlockedSignals signals;
  Filter filter;  // Declared before the client, whose handlers use it.
  auto client = IoTHubModuleClient::create_from_connection_string(
      sample::connection_string("IOTHUB_MODULE_CONNECTION_STRING"), sample::options());
  sample::StopOnSignal stop(signals, [&client] { client.shutdown(); });
  try {
    work(client, filter);
    stop.wait();
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
      "Usage: module_sample\n"
      "A module that passes temperatures above a limit from its input \"readings\" to its output\n"
      "\"alarms\", until SIGINT or SIGTERM.\n"
      "Settings, from the environment:\n"
      "  IOTHUB_MODULE_CONNECTION_STRING   the module, as the portal shows it\n"
      "  IOTHUB_CA_FILE                    certificates to trust instead of the system's "
      "(optional)\n"
      "  IOTHUB_PORT                       the hub's port, if it is not 8883 (optional)\n",
      "", run);
}
