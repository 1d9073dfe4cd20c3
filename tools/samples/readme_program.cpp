// The program that README.md shows: what stands between the two markers, line by line.
// README begins
#include <cstdlib>
#include <iostream>

#include <azure/iot/device/device.hpp>

using namespace azure::iot::device;

int main() try {
  const char* text = std::getenv("IOTHUB_DEVICE_CONNECTION_STRING");
  auto client = IoTHubDeviceClient::create_from_connection_string(text ? text : "");
  // Handlers have threads of their own, so each line is written in one piece.
  client.on_message_received([](Message message) { std::cout << message.data + '\n'; });

  Message message{.data = R"({"temperature": 21.5})", .content_type = "application/json"};
  message.custom_properties["room"] = "attic";
  client.send_message(message);
  client.patch_twin_reported_properties({{"interval", 60}});
  std::cout << client.get_twin()["desired"].dump() + '\n';
  client.shutdown();
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
// README ends
