#include <algorithm>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>

#include "hub/c2d_queue.hpp"
#include "shared_hub.hpp"

using namespace azure::iot::device::test;
namespace simulator = azure::iot::device::simulator;
using namespace std::chrono_literals;

namespace {

std::string filter_of(const std::string& device) { return "devices/" + device + kC2dFilter; }

}  // namespace

TEST_CASE("Hub: a message reaches a connected device, with its properties") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d18");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(filter_of("d18")));
  const std::string bytes("\0\xFE", 2);
  hub.send_c2d("d18", bytes,
               {.message_id = "m/1",
                .properties = {{"k", "v&w"}},
                .system_properties = {{"$.ct", "text/plain"}}});
  REQUIRE(device.wait_for_messages(1));
  const auto& message = device.messages()[0];
  CHECK(message.topic ==
        "devices/d18/messages/devicebound/%24.mid=m%2F1&%24.to=%2Fdevices%2Fd18%2Fmessages%2F"
        "devicebound&%24.ct=text%2Fplain&k=v%26w");
  CHECK(message.payload == bytes);
  CHECK(message.qos == 1);
}

TEST_CASE("Hub: a message leaves at once, and not at the broker's next tick") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d27");
  REQUIRE(device.connect() == 0);
  // The fastest of several, since other programs share the processor.
  auto fastest = std::chrono::steady_clock::duration::max();
  for (std::size_t i = 1; i <= 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    hub.send_c2d("d27", "x");
    REQUIRE(device.wait_for_messages(i));
    fastest = std::min(fastest, std::chrono::steady_clock::now() - start);
  }
  CHECK(fastest < 20ms);
}

TEST_CASE("Hub: messages wait for an absent device, and come in order after the CONNACK") {
  SimulatorProcess& hub = shared_hub();
  for (int i = 1; i <= 3; ++i) hub.send_c2d("d19", std::to_string(i));
  RawDevice device(hub, "d19");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.wait_for_messages(3));  // Without any subscription.
  for (std::size_t i = 0; i < 3; ++i) CHECK(device.messages()[i].payload == std::to_string(i + 1));
}

TEST_CASE("Hub: with a clean session, waiting messages come after the SUBSCRIBE") {
  SimulatorProcess& hub = shared_hub();
  hub.send_c2d("d20", "early");
  RawDevice device(hub, "d20", {.clean_session = true});
  REQUIRE(device.connect() == 0);
  hub.send_c2d("d20", "late");
  const int id = device.publish("devices/d20/messages/events/", "");
  REQUIRE(device.wait_for_puback(id));
  CHECK(device.messages().empty());
  REQUIRE(device.subscribe(filter_of("d20")));
  REQUIRE(device.wait_for_messages(2));
  CHECK(device.messages()[0].payload == "early");
  CHECK(device.messages()[1].payload == "late");
}

TEST_CASE("Hub: a message is delivered once, and not again to the next connection") {
  SimulatorProcess& hub = shared_hub();
  hub.send_c2d("d21", "once");
  {
    RawDevice device(hub, "d21");
    REQUIRE(device.connect() == 0);
    REQUIRE(device.wait_for_messages(1));
    // The PUBACK is on its way; this one follows it.
    REQUIRE(device.wait_for_puback(device.publish("devices/d21/messages/events/", "")));
  }
  RawDevice again(hub, "d21");
  REQUIRE(again.connect() == 0);
  REQUIRE(again.wait_for_puback(again.publish("devices/d21/messages/events/", "")));
  CHECK(again.messages().empty());
}

TEST_CASE("Hub: fifty messages wait for a device, and no more") {
  SimulatorProcess& hub = shared_hub();
  for (int i = 0; i < 50; ++i) hub.send_c2d("d22", "x");
  CHECK_THROWS_WITH(hub.send_c2d("d22", "x"), doctest::Contains("50 messages"));
  CHECK_THROWS_WITH(hub.send_c2d("d23", std::string(65537, 'x')), doctest::Contains("64 KB"));
  hub.send_c2d("d23", std::string(65536, 'x'));
}

TEST_CASE("Hub: an expired message is not delivered") {
  SimulatorProcess& hub = shared_hub();
  hub.control(R"({"command":"send-c2d","device_id":"d24","payload":"old","expiry_seconds":0})");
  hub.send_c2d("d24", "fresh");
  RawDevice device(hub, "d24");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].payload == "fresh");
  CHECK(hub.events("c2d_expired", "d24").size() == 1);
}

TEST_CASE("Hub: messages that wait outlive the broker") {
  const SimulatorProcess hub({.devices = {"d"}});
  hub.send_c2d("d", "kept");
  hub.restart_broker();
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].payload == "kept");
}

TEST_CASE("Hub: a session outlives the broker once it is saved") {
  const SimulatorProcess hub({.devices = {"d"}});
  RawDevice device(hub, "d");
  REQUIRE(device.connect() == 0);
  REQUIRE(device.subscribe(filter_of("d")));
  std::this_thread::sleep_for(1s);  // Sessions are saved a few times a second.
  hub.restart_broker();
  CHECK(device.wait_for_loss());
  REQUIRE(device.connect() == 0);
  CHECK(device.session_present());
}

TEST_CASE("C2dQueue: what was pushed and not removed is there after a crash, half a line is not") {
  const auto folder =
      std::filesystem::temp_directory_path() /
      ("c2d-queue-" + std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id())) +
       std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  std::filesystem::create_directory(folder);
  const auto path = folder / "c2d.jsonl";
  const std::chrono::sys_seconds expiry{4102444800s};
  {
    simulator::C2dQueue queue(path);
    for (const char* id : {"a", "b", "c"}) {
      queue.push({0, "d", id, "t", std::string("\0\xFF", 2), expiry});
    }
    queue.remove(std::next(queue.messages().begin()));
    CHECK(queue.waiting_for("d") == 2);
  }
  const auto file = simulator::open_for_append(path);
  simulator::write_all(file.get(), R"({"number":9,"ident)", "cannot write");
  {
    simulator::C2dQueue queue(path);
    REQUIRE(queue.messages().size() == 2);
    CHECK(queue.messages().front().message_id == "a");
    CHECK(queue.messages().back().message_id == "c");
    CHECK(queue.messages().back().payload == std::string("\0\xFF", 2));
    CHECK(queue.messages().back().expiry == expiry);
    CHECK(queue.push({0, "d", "d", "t", "", expiry}).number == 4);
    for (int i = 0; i < 3000; ++i) {
      queue.push({0, "d", "x", "t", "", expiry});
      queue.remove(std::prev(queue.messages().end()));
    }
  }
  CHECK(std::filesystem::file_size(path) < 250'000);
  std::filesystem::remove_all(folder);
}
