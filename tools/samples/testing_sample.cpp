// The test of an application that README.md shows: what stands between the two markers.
#include <cstdlib>
#include <iostream>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/testkit/testkit.hpp>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

// The application: it reads its settings and sends a reading, and begins again if that fails.
void thermostat(IoTHubDeviceClient& client) {
  for (int tries_left = 2; true; --tries_left) {
    try {
      const Json twin = client.get_twin(30s);
      return client.send_message("21.5", 30s);
    } catch (const IotError&) {
      if (tries_left == 0) throw;
    }
  }
}

#define CHECK(what) \
  if (!(what)) return std::cerr << #what << '\n', EXIT_FAILURE

// README begins
int test_thermostat() {
  TestClient hub;                         // A hub, a loop, and no network.
  hub.script_connects({refuse, accept});  // The first connect fails, the next does not.
  hub.script_twin_reads({status(429)});   // The hub is too busy for the first read of the twin.
  hub.script_messages({slow(20s)});       // The first message is acknowledged 20 s later.
  hub.after(5s, [&] { hub.drop(); });     // But the link is lost before.
  IoTHubDeviceClient client = hub.device_client();
  thermostat(client);  // Takes no time: the clocks are the loop's.
  CHECK(hub.transport.dials() == 3);
  CHECK(hub.messages().size() == 2);  // Sent once more on the new link.
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
