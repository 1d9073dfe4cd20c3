// The test of an application that README.md shows: what stands between the two markers.
#include <cstdlib>
#include <iostream>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/testkit/testkit.hpp>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

// The application: it sends a reading, and once more if that fails.
void thermostat(IoTHubDeviceClient& client) try {
  client.send_message("21.5", 30s);
} catch (const IotError&) {
  client.send_message("21.5", 30s);
}

#define CHECK(what) \
  if (!(what)) return std::cerr << #what << '\n', EXIT_FAILURE

// README begins
int test_thermostat() {
  TestClient hub;                          // A hub, a loop, and no network.
  hub.transport.script({refuse, accept});  // The first connect fails, the next does not.
  hub.transport.script_acks({slow(20s)});  // What is sent then is answered 20 s later.
  hub.after(5s, [&] { hub.drop(); });      // But the link is lost before.
  IoTHubDeviceClient client = hub.device_client();
  thermostat(client);  // Takes no time: the clocks are the loop's.
  CHECK(hub.transport.dials() == 3);
  CHECK(hub.transport.published().size() == 2);  // Sent anew on the new link.
  CHECK(hub.loop->now() < SteadyTime(30s));
  return EXIT_SUCCESS;
}
// README ends

int main(int argc, char** argv) {
  return sample::run_program(argc, argv,
                             "Usage: testing_sample\n"
                             "A test of an application with the test kit. It needs no hub.\n",
                             "", [](bool) { return test_thermostat(); });
}
