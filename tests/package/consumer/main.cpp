// An application of another project that uses the library without connecting to a hub.
#include <iostream>
#include <stdexcept>

#include <azure/iot/device/clients/iothub_device_client.hpp>
#include <azure/iot/device/device.hpp>

using namespace azure::iot::device;

int main() {
  auto client = IoTHubDeviceClient::create_from_connection_string(
      "HostName=hub.azure-devices.test;DeviceId=dev1;SharedAccessKey=ZmFrZQ==",
      {.keep_alive = std::chrono::seconds(30)});
  try {
    client.connect(std::chrono::milliseconds(-1));
  } catch (const std::invalid_argument& e) {
    std::cout << e.what() << '\n';
    client.shutdown();
    return client.connected() ? 1 : 0;
  }
  return 1;
}
