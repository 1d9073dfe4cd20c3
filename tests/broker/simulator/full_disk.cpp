// A full disk: a limit on file sizes makes every write of the hub fail in the same way.
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "shared_hub.hpp"
#include "support/temporary_folder.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// The hub can write nothing until this is destroyed.
class FullDisk {
 public:
  explicit FullDisk(const SimulatorProcess& hub) : broker_(broker_of(hub)) {
    const rlimit none{0, RLIM_INFINITY};
    REQUIRE(prlimit(broker_, RLIMIT_FSIZE, &none, nullptr) == 0);
  }
  ~FullDisk() {
    const rlimit any{RLIM_INFINITY, RLIM_INFINITY};
    prlimit(broker_, RLIMIT_FSIZE, &any, nullptr);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  pid_t broker_;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Whether the log consists of whole lines, each an event. A partial line would be invalid.
bool is_whole(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() != '{' || line.back() != '}') return false;
  }
  return true;
}

}  // namespace

TEST_CASE("iothub-sim: on a full disk a change that fails is not made") {
  SimulatorProcess hub({.devices = {"d"}});
  hub.set_desired("d", R"({"a":1})");
  {
    const FullDisk full(hub);
    CHECK_THROWS_WITH(hub.set_desired("d", R"({"a":2})"), doctest::Contains("nothing was changed"));
    CHECK_THROWS_WITH(hub.send_c2d("d", "lost"), doctest::Contains("cannot write"));
    CHECK(hub.twin("d").find(R"("a":1)") != std::string::npos);
  }
  hub.set_desired("d", R"({"b":3})");  // There is room again.
  CHECK(hub.twin("d").find(R"("desired":{"a":1,"b":3,"$version":3})") != std::string::npos);
  hub.send_c2d("d", "kept");
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].payload == "kept");
  CHECK(is_whole(hub.event_log()));
}

TEST_CASE(
    "iothub-sim: on a full disk a device is answered, cut off or refused, and the user is told") {
  const TemporaryFolder folder;
  const std::string errors = folder.path() / "errors";
  SimulatorProcess hub({.devices = {"d"}, .errors = errors});
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  device.subscribe(kTwinFilter);
  {
    const FullDisk full(hub);
    device.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", R"({"a":1})", 0);
    REQUIRE(device.wait_for_messages(1));
    CHECK(device.messages()[0].topic == "$iothub/twin/res/500/?$rid=1");
    CHECK(hub.twin("d").find(R"("reported":{"$version":1})") != std::string::npos);
    const auto acknowledged = device.pubacks();
    device.publish("devices/d/messages/events/", "a reading");
    CHECK(device.wait_for_loss());
    CHECK(device.pubacks() == acknowledged);
    CHECK(device.connect() != 0);
    CHECK(text_of(errors).find("cannot write " + hub.event_log()) != std::string::npos);
  }
  CHECK(hub.telemetry("d").empty());
  CHECK(device.connect() == 0);  // Its MQTT client resends unacknowledged messages.
  CHECK(hub.wait_for_telemetry("d", 1).at(0).payload == "a reading");
}
