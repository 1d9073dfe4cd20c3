// A device at work: it sends a reading every two seconds, answers methods, and shows what comes
// down. Ends on SIGINT or SIGTERM, or after one round with --once.
//
//   IOTHUB_DEVICE_CONNECTION_STRING   the device, as the portal shows it
//   IOTHUB_CA_FILE                    certificates to trust instead of the system's (optional)
//   IOTHUB_PORT                       the hub's port, if it is not 8883 (optional)
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <azure/iot/device/device.hpp>

using namespace azure::iot::device;
using namespace std::chrono_literals;

namespace {

constexpr auto kPause = 2s;

// One line at a time, at once, since handlers speak on threads of their own.
void say(const std::string& line) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  std::cout << line << std::endl;
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    throw std::invalid_argument("IOTHUB_CA_FILE: cannot read " + path);
  }
  return text.str();
}

IoTHubDeviceClient make_client() {
  const std::string connection_string = setting("IOTHUB_DEVICE_CONNECTION_STRING");
  if (connection_string.empty()) {
    throw std::invalid_argument(
        "set IOTHUB_DEVICE_CONNECTION_STRING to the connection string of a device");
  }
  ConnectionStringOptions options;
  if (const std::string ca = setting("IOTHUB_CA_FILE"); !ca.empty()) {
    options.server_verification_cert = contents_of(ca);
  }
  if (const std::string port = setting("IOTHUB_PORT"); !port.empty()) {
    const int number = std::atoi(port.c_str());
    if (number < 1 || number > 65535) {
      throw std::invalid_argument("IOTHUB_PORT: must be a port, 1 to 65535; got " + port);
    }
    options.port = static_cast<std::uint16_t>(number);
  }
  return IoTHubDeviceClient::create_from_connection_string(connection_string, options);
}

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
                  .content_type = "application/json",
                  .content_encoding = "utf-8"};
  message.custom_properties["kind"] = "demo";
  client.send_message(std::move(message));
  say("sent reading " + std::to_string(number));
}

// Sends readings until a signal comes; a link that is down meanwhile is no reason to end.
void work(IoTHubDeviceClient& client, const sigset_t& signals) {
  const timespec pause{kPause.count(), 0};
  for (int number = 2; sigtimedwait(&signals, nullptr, &pause) < 0; ++number) {
    try {
      send_reading(client, number);
    } catch (const IotError& error) {
      say(std::string("not sent: ") + error.what());
    }
  }
}

int run(bool once) {
  // Blocked here, so that they are taken by `work` and by no thread of the library.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  IoTHubDeviceClient client = make_client();
  show_what_happens(client);
  client.connect();
  send_reading(client, 1);
  say("twin: " + client.get_twin().dump());
  client.patch_twin_reported_properties({{"sample", {{"running", true}}}});
  say("reported that the sample is running");
  if (!once) {
    take_what_comes_down(client);
    say("waiting for what comes down; end with Ctrl-C");
    work(client, signals);
  }
  client.shutdown();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view argument = argc > 1 ? argv[1] : "";
  if (argc > 2 || (argc == 2 && argument != "--once")) {
    std::cerr << "Usage: device_sample [--once]\n"
                 "Settings come from IOTHUB_DEVICE_CONNECTION_STRING, IOTHUB_CA_FILE and "
                 "IOTHUB_PORT.\n";
    return argument == "--help" ? EXIT_SUCCESS : 2;
  }
  try {
    return run(argument == "--once");
  } catch (const std::exception& error) {
    std::cerr << "device_sample: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
