#include <chrono>
#include <csignal>
#include <future>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "broker/samples/child_program.hpp"
#include "support/dps_process.hpp"
#include "support/scripted_server.hpp"
#include "support/simulator_process.hpp"

namespace azure::iot::device::test {
namespace {

// The settings with which a sample finds the hub, and its identity there.
std::vector<std::pair<std::string, std::string>> settings(const SimulatorProcess& hub,
                                                          const std::string& variable,
                                                          const std::string& device) {
  return {{variable, hub.connection_string(device)},
          {"IOTHUB_CA_FILE", hub.ca_file()},
          {"IOTHUB_PORT", std::to_string(hub.port())}};
}

void check_ends_well(ChildProgram& sample) {
  sample.signal(SIGTERM);
  CHECK(sample.wait() == 0);
  INFO(sample.output());
  CHECK(sample.output().find("in the background") == std::string::npos);
}

TEST_CASE("Samples: the device sends, shows what comes down, answers, and ends on a signal") {
  const SimulatorProcess hub({.devices = {"dev"}});
  ChildProgram sample("device_sample", {}, settings(hub, "IOTHUB_DEVICE_CONNECTION_STRING", "dev"));
  REQUIRE(sample.line("waiting") != "");
  CHECK(sample.output().starts_with("connected\nsent reading 1\n"));
  CHECK(hub.telemetry("dev").at(0).payload == R"({"reading": 1})");
  CHECK(hub.twin("dev").find(R"("running":true)") != std::string::npos);
  hub.send_c2d("dev", "hello");
  CHECK(sample.line("message") == "message: hello");
  hub.set_desired("dev", R"({"interval":5})");
  CHECK(sample.line("desired") == R"(desired: {"interval": 5, "$version": 2})");
  const MethodResult result = hub.invoke("dev", "blink", "3");
  CHECK(result.status == 200);
  CHECK(result.payload == R"({"done":true,"given":3})");
  CHECK(sample.line("sent reading 2") != "");
  check_ends_well(sample);
}

TEST_CASE("Samples: the device makes one round with --once") {
  const SimulatorProcess hub({.devices = {"dev"}});
  ChildProgram sample("device_sample", {"--once"},
                      settings(hub, "IOTHUB_DEVICE_CONNECTION_STRING", "dev"));
  CHECK(sample.wait() == 0);
  CHECK(hub.telemetry("dev").size() == 1);
}

TEST_CASE("Samples: the module takes inputs to outputs, by the limit in its twin, and counts") {
  const SimulatorProcess hub({.devices = {"edge/filter"}});
  hub.set_desired("edge/filter", R"({"limit":20})");
  ChildProgram sample("module_sample", {},
                      settings(hub, "IOTHUB_MODULE_CONNECTION_STRING", "edge/filter"));
  REQUIRE(sample.line("waiting") != "");
  CHECK(sample.line("limit") == "limit: 20");
  hub.send_input("edge/filter", "readings", R"({"temperature":21})",
                 {.properties = {{"room", "attic"}}});
  hub.send_input("edge/filter", "readings", R"({"temperature":20})");
  hub.send_input("edge/filter", "elsewhere", R"({"temperature":99})");
  hub.send_input("edge/filter", "readings", "warm");
  CHECK(sample.line("no reading") == "no reading: warm");
  CHECK(sample.line("quiet") == R"(quiet: {"temperature":20})");

  const auto alarms = hub.wait_for_telemetry("edge/filter", 1);
  REQUIRE(alarms.size() == 1);
  CHECK(alarms[0].payload == R"({"temperature":21})");
  CHECK(alarms[0].system_properties.at("$.on") == "alarms");
  CHECK(alarms[0].properties.at("room") == "attic");

  hub.set_desired("edge/filter", R"({"limit":35.5})");
  CHECK(sample.line("limit: 35.5") != "");
  CHECK(hub.twin("edge/filter").find(R"("reported":{"limit":35.5)") != std::string::npos);
  const MethodResult counted = hub.invoke("edge/filter", "reset");
  CHECK(counted.status == 200);
  CHECK(counted.payload == R"({"received":2,"passed_on":1})");
  CHECK(hub.invoke("edge/filter", "jump").status == 404);
  check_ends_well(sample);
}

TEST_CASE("Samples: one without its connection string says what to set") {
  ChildProgram sample("module_sample", {}, {{"IOTHUB_MODULE_CONNECTION_STRING", ""}});
  CHECK(sample.wait() == 2);
  CHECK(sample.output() ==
        "module_sample: set IOTHUB_MODULE_CONNECTION_STRING to a connection string, as the portal "
        "shows it; --help lists the settings\n");
}

TEST_CASE("Samples: each says how it is used, and refuses arguments that it does not know") {
  for (const char* name : {"device_sample", "module_sample", "provisioning_sample",
                           "fault_stage_sample", "metrics_stage_sample", "testing_sample"}) {
    INFO(name);
    ChildProgram help(name, {"--help"}, {});
    CHECK(help.wait() == 0);
    CHECK(help.output().starts_with(std::string("Usage: ") + name));
    ChildProgram wrong(name, {"--wrong"}, {});
    CHECK(wrong.wait() == 2);
    CHECK(wrong.output().find("unknown argument '--wrong'") != std::string::npos);
  }
}

TEST_CASE("Samples: a signal ends one that is waiting for a hub that does not answer") {
  std::promise<void> visited;
  ScriptedServer server([&visited](ScriptedConnection& client) {
    visited.set_value();
    client.wait_for_end();
  });
  const auto begin = std::chrono::steady_clock::now();
  ChildProgram sample(
      "device_sample", {},
      {{"IOTHUB_DEVICE_CONNECTION_STRING", "HostName=localhost;DeviceId=d;SharedAccessKey=QUFB"},
       {"IOTHUB_PORT", std::to_string(server.port())}});
  REQUIRE(visited.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  sample.signal(SIGTERM);
  CHECK(sample.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("Samples: a device with nothing but its group's key is told its hub and sends to it") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--group", "fleet"});
  ChildProgram sample("provisioning_sample", {},
                      {{"PROVISIONING_HOST", dps.host()},
                       {"PROVISIONING_ID_SCOPE", dps.id_scope()},
                       {"PROVISIONING_REGISTRATION_ID", "thermostat-7"},
                       {"PROVISIONING_GROUP_KEY", dps.key("fleet")},
                       {"PROVISIONING_CA_FILE", dps.ca_file()},
                       {"PROVISIONING_PORT", std::to_string(dps.port())},
                       {"IOTHUB_CA_FILE", hub.ca_file()},
                       {"IOTHUB_PORT", std::to_string(hub.port())}});
  CHECK(sample.wait() == 0);
  INFO(sample.output());
  CHECK(sample.line("assigned") == "assigned to " + hub.host() + " as thermostat-7");
  CHECK(hub.telemetry("thermostat-7").at(0).payload == R"({"reading": 1})");
}

TEST_CASE("Samples: a device with a certificate is told its hub and sends to it") {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--x509-enrollment", "press-1"});
  const auto& files = dps.certificate_files("press-1");
  ChildProgram sample("provisioning_sample", {},
                      {{"PROVISIONING_HOST", dps.host()},
                       {"PROVISIONING_ID_SCOPE", dps.id_scope()},
                       {"PROVISIONING_REGISTRATION_ID", "press-1"},
                       {"PROVISIONING_CERTIFICATE", files.certificate},
                       {"PROVISIONING_CERTIFICATE_KEY", files.key},
                       {"PROVISIONING_CA_FILE", dps.ca_file()},
                       {"PROVISIONING_PORT", std::to_string(dps.x509_port())},
                       {"IOTHUB_CA_FILE", hub.ca_file()},
                       {"IOTHUB_PORT", std::to_string(hub.x509_port())}});
  CHECK(sample.wait() == 0);
  INFO(sample.output());
  CHECK(sample.line("assigned") == "assigned to " + hub.host() + " as press-1");
  CHECK(hub.telemetry("press-1").at(0).payload == R"({"reading": 1})");
}

// The program's only setting is the connection string. So the hub uses the standard port, and its
// certificate is among the system's.
TEST_CASE("Samples: the program of README.md works as it is") {
  const std::string address = "127." + std::to_string(1 + ::getpid() / 250 % 250) + '.' +
                              std::to_string(1 + ::getpid() % 250) + ".88";
  const SimulatorProcess hub(
      {.devices = {"dev"}, .arguments = {"--standard-ports", "--address", address}});
  hub.send_c2d("dev", "hello");
  ChildProgram sample("readme_program", {},
                      {{"IOTHUB_DEVICE_CONNECTION_STRING", hub.connection_string("dev")},
                       {"SSL_CERT_FILE", hub.ca_file()}});
  CHECK(sample.wait() == 0);
  INFO(sample.output());
  CHECK(sample.line("{") == R"({"$version": 1})");
  CHECK(sample.line("hello") == "hello");
  CHECK(hub.telemetry("dev").at(0).properties.at("room") == "attic");
  CHECK(hub.twin("dev").find(R"("interval":60)") != std::string::npos);
}

}  // namespace
}  // namespace azure::iot::device::test
