#include <filesystem>
#include <thread>

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/crypto.hpp"
#include "raw_registration.hpp"
#include "shared_hub.hpp"
#include "support/dps_process.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_certificates.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

Outcome run(const SimulatorProcess& hub, const std::string& arguments) {
  return azure::iot::device::test::run("--control " + hub.control_socket() + " " + arguments);
}

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 500 && kill(pid, 0) == 0; ++i) std::this_thread::sleep_for(10ms);
  return kill(pid, 0) != 0;
}

}  // namespace

TEST_CASE("iothub-sim: a link that is cut is seen at both ends, and may come back") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d25");
  REQUIRE(device.connect() == 0);
  hub.drop("d25");
  CHECK(device.wait_for_loss());
  CHECK_FALSE(hub.connected("d25"));
  hub.drop("d25");  // The device is not connected: nothing happens.
  CHECK(device.connect() == 0);
  CHECK(hub.connected("d25"));
}

TEST_CASE("iothub-sim: a hub takes everything down and leaves nothing") {
  SimulatorProcess hub({.devices = {"d"}});
  const pid_t broker = broker_of(hub);
  const auto folder = std::filesystem::path(hub.control_socket()).parent_path();
  struct stat status {};
  REQUIRE(stat(folder.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  CHECK(hub.stop() == 0);
  CHECK(kill(broker, 0) != 0);
  CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("iothub-sim: a broker that dies by itself ends the simulator with an error") {
  SimulatorProcess hub({.devices = {"d"}});
  kill(broker_of(hub), SIGKILL);
  const auto ask_until_it_ends = [&] {
    for (int i = 0; i < 1000; ++i) hub.control(R"({"command":"info"})");
  };
  CHECK_THROWS(ask_until_it_ends());
  CHECK(hub.stop() == 1);
}

TEST_CASE("iothub-sim: a broker does not outlive a launcher that is killed") {
  SimulatorProcess hub({.devices = {"d"}});
  const pid_t broker = broker_of(hub);
  const auto folder = std::filesystem::path(hub.control_socket()).parent_path();
  kill(hub.pid(), SIGKILL);
  CHECK(hub.stop() == 128 + SIGKILL);
  CHECK(ends_soon(broker));
  std::filesystem::remove_all(folder);
}

TEST_CASE("iothub-sim: a stopped broker refuses, and comes back at the same port") {
  SimulatorProcess hub({.devices = {"d"}});
  hub.stop_broker();
  RawDevice device(hub, "d");
  CHECK_FALSE(device.connect());
  CHECK_THROWS_WITH(hub.twin("d"), doctest::Contains("start-broker"));
  hub.start_broker();
  CHECK(device.connect() == 0);
}

TEST_CASE("iothub-sim: a port in use is named") {
  const auto outcome = run("run --mqtt-port " + std::to_string(shared_hub().port()));
  CHECK(outcome.status == 1);
  CHECK(outcome.output.find("in use") != std::string::npos);
}

TEST_CASE("iothub-sim: a folder that is kept holds twins for the next run, and one run at a time") {
  const auto folder = std::filesystem::temp_directory_path() / ("sim-" + std::to_string(getpid()));
  const SimulatorOptions options{.devices = {"d=QUFB"}, .arguments = {"--dir", folder.string()}};
  {
    const SimulatorProcess hub(options);
    hub.set_desired("d", R"({"a":1})");
    const auto second = run("run --dir " + folder.string());
    CHECK(second.status == 2);
    CHECK(second.output.find("another simulator") != std::string::npos);
  }
  {
    const SimulatorProcess hub(options);
    CHECK(hub.twin("d").find(R"("a":1)") != std::string::npos);
  }
  std::filesystem::permissions(folder, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  CHECK(run("run --dir " + folder.string()).output.find("chmod 700") != std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_CASE("iothub-sim: bad usage has its own exit status and names what is wrong") {
  CHECK(run("").status == 2);
  CHECK(run("fly").status == 2);
  CHECK(run("run --device 'd=not base64'").output.find("no base64") != std::string::npos);
  CHECK(run("run --device 'd=not base64'").output.find("not base64") == std::string::npos);
  CHECK(run("run --device d --device d").status == 2);
  CHECK(run("run --server-cert ugly").status == 2);
  CHECK(run("--control /nowhere devices").status == 1);
  CHECK(run("--help").status == 0);
  CHECK(run("watch --help").status == 0);
}

TEST_CASE("iothub-sim: a service acts from another shell") {
  SimulatorProcess& hub = shared_hub();
  RawDevice device(hub, "d26");
  REQUIRE(device.connect() == 0);
  device.publish("devices/d26/messages/events/", "one");
  device.publish("devices/d26/messages/events/", "two");
  REQUIRE(device.run_until([&] { return device.pubacks() == 2; }));

  const auto records = run(hub, "telemetry d26");
  CHECK(records.status == 0);
  CHECK(records.output.find(R"("payload":"one")") < records.output.find(R"("payload":"two")"));
  CHECK(run(hub, "watch d26 --telemetry --from-start --count 2 --timeout 5").status == 0);
  CHECK(run(hub, "watch d26 --connections --from-start --count 2 --timeout 0.1").status == 3);

  CHECK(run(hub, "send-c2d d26 hello --property k=v --message-id 7").output ==
        "{\"delivered\":true,\"waiting\":0}\n");
  REQUIRE(device.wait_for_messages(1));
  CHECK(device.messages()[0].payload == "hello");

  CHECK(run(hub, R"(twin d26 --desired '{"a":1}')").output ==
        "{\"version\":2,\"notified\":false}\n");
  CHECK(run(hub, "twin d26").output ==
        "{\"desired\":{\"a\":1,\"$version\":2},\"reported\":{\"$version\":1}}\n");
  CHECK(run(hub, "twin d26 --desired nonsense").status == 2);
  CHECK(run(hub, "twin nobody").status == 1);
  CHECK(run(hub, "invoke d26 m").status == 1);
  REQUIRE(device.subscribe(kMethodFilter));
  CHECK(run(hub, "invoke d26 m --timeout 0.1").status == 3);
  CHECK(run(hub, "drop d26").output == "{\"dropped\":true}\n");
}

TEST_CASE("iothub-sim: devices and groups are enrolled from another shell") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  const TemporaryFolder folder;
  const TestCa authority;
  const std::string file = folder.write("ca.pem", authority.certificate());
  const auto enroll = [&](const std::string& arguments) {
    return run(dps.process(), "enroll " + arguments);
  };
  CHECK(enroll("fleet --group --certificate " + file).status == 0);
  CHECK(enroll("r2 --key a2V5 --assigning 2").status == 0);
  CHECK(enroll("r1 --certificate " + file).output.find("BEGIN CERTIFICATE") != std::string::npos);
  CHECK(enroll("r1 --outcome disabled").output.find("BEGIN CERTIFICATE") != std::string::npos);
  const Outcome both = enroll("r1 --key a2V5 --certificate " + file);
  CHECK(both.status == 1);
  CHECK(both.output.find("either a key or a certificate") != std::string::npos);
  CHECK(enroll("r3").output.find("r3 needs a key or a certificate") != std::string::npos);
  const Outcome nothing = enroll("r1 --certificate " + folder.write("none", "none"));
  CHECK(nothing.status == 2);
  CHECK(nothing.output.find("--certificate: ") != std::string::npos);
}

TEST_CASE("iothub-sim: faults, tokens and repetitions from another shell") {
  const SimulatorProcess hub({.devices = {"d", "d/m"}});
  CHECK(run(hub, "fault --list").output == "{\"faults\":[]}\n");
  CHECK(run(hub, "fault refuse --device d --count 2").output ==
        "{\"faults\":[{\"fault\":\"refuse\",\"device_id\":\"d\",\"count\":2}]}\n");
  CHECK(run(hub, "fault twin-error --seconds 9 --status 503").status == 0);
  CHECK(run(hub, "fault clear").output == "{\"faults\":[]}\n");
  CHECK(run(hub, "fault silent").status == 1);
  CHECK(run(hub, "fault gremlin").status == 1);
  CHECK(run(hub, "fault --count 2").status == 2);

  std::string token = run(hub, "token d/m --ttl 60").output;
  REQUIRE(token.starts_with("SharedAccessSignature sr=localhost%2Fdevices%2Fd%2Fmodules%2Fm&sig="));
  token.pop_back();  // The line feed.
  RawDevice module(hub, "d/m", {.password = token});
  REQUIRE(module.connect() == 0);
  REQUIRE(module.subscribe("devices/d/modules/m/inputs/#"));
  CHECK(run(hub, "send-input d/m in 'x{n}' --count 20 --property k=v").status == 0);
  REQUIRE(module.wait_for_messages(20));
  CHECK(module.messages()[19].payload == "x20");

  CHECK(run(hub, R"(twin d --desired '{"n":{n}}' --count 100 --interval-ms 1)").output ==
        "{\"version\":101,\"notified\":false}\n");
  CHECK(run(hub, "twin d").output.find(R"("n":100)") != std::string::npos);
}

TEST_CASE(
    "iothub-sim: simulators at addresses of their own do not meet, and only loopback is one") {
  const SimulatorProcess first({.devices = {"d"}, .arguments = {"--address", "127.9.8.7"}});
  const SimulatorProcess second(
      {.devices = {"d"},
       .arguments = {"--address", "127.9.8.8", "--mqtt-port", std::to_string(first.port())}});
  CHECK(first.host() == "127.9.8.7");
  for (const SimulatorProcess* hub : {&first, &second}) {
    RawDevice device(*hub, "d");
    CHECK(device.connect() == 0);
    CHECK(hub->events("connected").size() == 1);
  }
  for (const char* address : {"0.0.0.0", "10.0.0.1", "localhost", "::1"}) {
    CAPTURE(address);
    CHECK(run(std::string("run --address ") + address).status == 2);
  }
  CHECK(run("run --limit shaping=much").status == 2);
  CHECK(run("run --route nonsense").status == 2);
}

TEST_CASE("iothub-sim: names a command that there is not, or that another kind of service has") {
  const Outcome unknown = run("frobnicate --count 3");
  CHECK(unknown.status == 2);
  CHECK(unknown.output.find("there is no command 'frobnicate'") != std::string::npos);
  SimulatorProcess& hub = shared_hub();
  const DpsProcess dps({&hub}, {"--enrollment", "r1"});
  for (const std::string command : {"enroll r1 --outcome failed", "registrations"}) {
    const Outcome outcome = run(hub, command);
    CHECK(outcome.status == 1);
    CHECK(outcome.output.find("this is a hub, which has no command '") != std::string::npos);
  }
  for (const std::string command :
       {"devices", "send-c2d r1 x", "invoke r1 m", "twin r1", "token r1", "fault refuse"}) {
    const Outcome outcome = run(dps.process(), command);
    CAPTURE(command);
    CHECK(outcome.status == 1);
    CHECK(outcome.output.find("this is a provisioning service, which ") != std::string::npos);
  }
  CHECK(run(dps.process(), "drop r1").output == "{\"dropped\":false}\n");
  CHECK(run(dps.process(), "fault --list").output == "{\"faults\":[]}\n");
}

TEST_CASE("iothub-sim: an id is one that the service takes") {
  const auto refused = [](const std::string& arguments, const std::string& why) {
    const Outcome outcome = run(arguments);
    CAPTURE(arguments);
    CHECK(outcome.status == 2);
    CHECK(outcome.output.find(why) != std::string::npos);
  };
  const std::string longest(128, 'x');
  for (const std::string& id : {std::string("a b"), std::string("a#"), longest + "x",
                                std::string("d/m/n"), std::string("caf\xC3\xA9")}) {
    refused("run --device '" + id + "'", "an id must be 1 to 128 letters, digits and ");
    refused("run --x509-device '" + id + "'", "an id must be 1 to 128 letters, digits and ");
  }
  SimulatorProcess hub({.devices = {longest, "-._:%*?!(),@;$'/" + longest}});
  CHECK(RawDevice(hub, longest).connect() == 0);
  const std::string run_dps = "run-dps --hub " + hub.control_socket();
  for (const std::string& id : {std::string("a b"), std::string("ends."), longest + "x",
                                std::string("a/b"), std::string("a%b")}) {
    refused(run_dps + " --enrollment '" + id + "'", "must be 1 to 128 letters, digits and -._:");
    refused(run_dps + " --x509-enrollment '" + id + "'", "must be 1 to 128 letters, digits and ");
  }
  const DpsProcess dps({&hub}, {"--enrollment", "a.b_c:d-", "--group", "a group"});
  CHECK(
      run(dps.process(), "enroll a.b_c:d- --device-id 'a b'").output.find("the device id 'a b'") !=
      std::string::npos);
  using simulator::base64_decode;
  const std::string key =
      simulator::base64_encode(simulator::hmac_sha256(*base64_decode(dps.key("a group")), "ends."));
  CHECK(RawRegistration(dps, "ends.", key).device().connect() == 5);
}
