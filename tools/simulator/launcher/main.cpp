// iothub-sim: a simulated IoT Hub on loopback, and the means to act as its back end.
#include <exception>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

#include "common/crypto.hpp"
#include "launcher/commands.hpp"
#include "launcher/launcher.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::uint16_t kStandardMqttPort = 8883;

struct RunArguments {
  std::optional<int> device_count;
  std::vector<std::string> devices;
  std::vector<std::string> policies;
  std::vector<std::string> host_names;
  std::string server_cert = "good";
  std::string directory;
  std::uint16_t mqtt_port = 0;
  bool standard_ports = false;
  bool until_stdin_closes = false;
  bool verbose = false;
};

// The key is never part of the message.
std::string checked_key(const std::string& key, const std::string& owner) {
  const auto bytes = base64_decode(key);
  if (!bytes || bytes->empty()) {
    throw std::invalid_argument("the key of " + owner + " is no base64");
  }
  return key;
}

// "ID", "ID=KEY" or "DEVICE/MODULE[=KEY]". Base64 may end in "=", an id may not contain one here.
DeviceConfig parse_device(const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto slash = name.find('/');
  DeviceConfig device;
  device.device_id = name.substr(0, slash);
  if (slash != std::string::npos) device.module_id = name.substr(slash + 1);
  if (device.device_id.empty() || (slash != std::string::npos && device.module_id.empty())) {
    throw std::invalid_argument("--device needs an id: ID[=KEY] or DEVICE/MODULE[=KEY]");
  }
  device.key = equals == std::string::npos ? base64_encode(random_bytes(kKeyBytes))
                                           : checked_key(text.substr(equals + 1), name);
  return device;
}

LaunchOptions launch_options(const RunArguments& arguments) {
  LaunchOptions options;
  for (const auto& device : arguments.devices) options.devices.push_back(parse_device(device));
  const int count = arguments.device_count.value_or(arguments.devices.empty() ? 1 : 0);
  for (int i = 1; i <= count; ++i) {
    options.devices.push_back(parse_device("device-" + std::to_string(i)));
  }
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& device : options.devices) {
    if (!names.emplace(device.device_id, device.module_id).second) {
      throw std::invalid_argument("--device " + device.device_id + " is given twice");
    }
  }
  for (const auto& policy : arguments.policies) {
    const auto equals = policy.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw std::invalid_argument("--policy needs NAME=KEY");
    }
    const std::string name = policy.substr(0, equals);
    options.policies[name] = checked_key(policy.substr(equals + 1), "policy " + name);
  }
  options.host_names = arguments.host_names;
  if (arguments.server_cert == "badname") options.server_certificate = ServerCertificate::badname;
  if (arguments.server_cert == "untrusted") {
    options.server_certificate = ServerCertificate::untrusted;
  }
  if (!arguments.directory.empty()) options.directory = arguments.directory;
  options.mqtt_port = arguments.standard_ports ? kStandardMqttPort : arguments.mqtt_port;
  options.until_stdin_closes = arguments.until_stdin_closes;
  options.verbose = arguments.verbose;
  return options;
}

void describe_run(CLI::App& app, RunArguments& arguments, int& status) {
  CLI::App* run = app.add_subcommand(
      "run", "Start a hub; prints one line of JSON when it serves, and ends on SIGINT or SIGTERM");
  run->add_option("--devices", arguments.device_count,
                  "How many devices to make, named device-1, device-2, ... (1 if no --device)")
      ->check(CLI::Range(0, 100'000));
  run->add_option("--device", arguments.devices,
                  "One device, ID[=BASE64KEY], or module, DEVICE/MODULE[=BASE64KEY]; repeatable")
      ->take_all();
  run->add_option("--policy", arguments.policies,
                  "A shared access policy (skn in tokens), NAME=BASE64KEY; repeatable");
  run->add_option("--host-name", arguments.host_names,
                  "Another name of the hub, in its certificate and in user names; repeatable");
  run->add_option("--server-cert", arguments.server_cert,
                  "What certificate to serve, for tests: good, badname (for another host), "
                  "untrusted (by another CA)")
      ->check(CLI::IsMember({"good", "badname", "untrusted"}));
  run->add_option(
      "--dir", arguments.directory,
      "Folder for keys, logs and state, mode 0700; kept at the end, and twins and queued "
      "messages in it are taken up again. Default: a new one, removed at the end");
  CLI::Option* port = run->add_option("--mqtt-port", arguments.mqtt_port,
                                      "Port of the MQTT over TLS listener (default: a free one)");
  run->add_flag("--standard-ports", arguments.standard_ports, "Listen at 8883")->excludes(port);
  run->add_flag("--until-stdin-closes", arguments.until_stdin_closes,
                "End as well when standard input ends: with the program that started this one");
  run->add_flag("--verbose", arguments.verbose, "Log each packet to broker.log in the folder");
  run->callback([&] { status = Launcher(launch_options(arguments)).run(); });
}

void describe_broker_commands(CLI::App& app, std::string& control, int& status) {
  const std::pair<const char*, const char*> commands[] = {
      {"devices", "List devices: connected or not, subscriptions, messages waiting"},
      {"stop", "End the simulator"},
      {"stop-broker", "Kill the broker (SIGKILL), as when a server crashes"},
      {"start-broker", "Start it again at the same port"},
      {"restart-broker", "Both; telemetry records, twins and queued messages survive"}};
  for (const auto& [name, help] : commands) {
    const std::string command = name;
    app.add_subcommand(command, help)->callback([&control, &status, command] {
      status = run_simple(choose_control_socket(control), command, {});
    });
  }
}

struct ServiceArguments {
  std::string device, method, payload, desired;
  double method_timeout = 30;
  C2dOptions c2d;
  WatchOptions watch;
  WatchOptions telemetry;
};

void describe_service_commands(CLI::App& app, std::string& control, ServiceArguments& arguments,
                               int& status) {
  CLI::App* c2d = app.add_subcommand("send-c2d", "Send a cloud-to-device message");
  c2d->add_option("DEVICE", arguments.c2d.device)->required();
  c2d->add_option("TEXT", arguments.c2d.text)->required();
  c2d->add_option("--property", arguments.c2d.properties, "KEY=VALUE, or KEY; repeatable");
  c2d->add_option("--message-id", arguments.c2d.message_id);
  c2d->add_option("--correlation-id", arguments.c2d.correlation_id);
  c2d->add_option("--user-id", arguments.c2d.user_id);
  c2d->add_option("--content-type", arguments.c2d.content_type);
  c2d->add_option("--content-encoding", arguments.c2d.content_encoding);
  c2d->add_option("--ack", arguments.c2d.ack)
      ->check(CLI::IsMember({"none", "positive", "negative", "full"}));
  c2d->add_option("--expiry", arguments.c2d.expiry_seconds, "Seconds to live (default an hour)");
  c2d->callback([&] { status = run_send_c2d(choose_control_socket(control), arguments.c2d); });

  CLI::App* invoke =
      app.add_subcommand("invoke", "Call a direct method; prints status and payload");
  invoke->add_option("DEVICE", arguments.device)->required();
  invoke->add_option("METHOD", arguments.method)->required();
  invoke->add_option("JSON", arguments.payload, "The method's body (default null)");
  invoke->add_option("--timeout", arguments.method_timeout, "Seconds to wait (default 30)")
      ->check(CLI::Range(0.001, 300.0));
  invoke->callback([&] {
    status = run_invoke(choose_control_socket(control), arguments.device, arguments.method,
                        arguments.payload, arguments.method_timeout);
  });

  CLI::App* twin = app.add_subcommand("twin", "Print a twin, or change its desired properties");
  twin->add_option("DEVICE", arguments.device)->required();
  twin->add_option("--desired", arguments.desired,
                   "A JSON object to merge (null deletes); prints the new version");
  twin->callback([&] {
    status = run_twin(choose_control_socket(control), arguments.device, arguments.desired);
  });

  CLI::App* drop = app.add_subcommand("drop", "Cut a device's connection without a DISCONNECT");
  drop->add_option("DEVICE", arguments.device)->required();
  drop->callback(
      [&] { status = run_simple(choose_control_socket(control), "drop", arguments.device); });

  CLI::App* watch = app.add_subcommand("watch", "Print events as they happen, one a line");
  watch->add_option("DEVICE", arguments.watch.device, "Only this one (a module: DEVICE/MODULE)");
  watch->add_flag("--telemetry", arguments.watch.telemetry, "Only telemetry");
  watch->add_flag("--connections", arguments.watch.connections,
                  "Only connections, disconnections and refusals");
  watch->add_flag("--from-start", arguments.watch.from_start, "Begin with what happened before");
  watch->add_option("--count", arguments.watch.count, "End after so many events")
      ->check(CLI::PositiveNumber);
  watch->add_option("--timeout", arguments.watch.timeout_seconds, "End after so many seconds")
      ->check(CLI::NonNegativeNumber);
  watch->callback([&] { status = run_watch(choose_control_socket(control), arguments.watch); });

  CLI::App* telemetry = app.add_subcommand("telemetry", "Print the telemetry received so far");
  telemetry->add_option("DEVICE", arguments.telemetry.device);
  telemetry->callback([&] {
    arguments.telemetry.telemetry = true;
    arguments.telemetry.from_start = true;
    arguments.telemetry.follow = false;
    status = run_watch(choose_control_socket(control), arguments.telemetry);
  });
}

int main_program(int argc, char** argv) {
  CLI::App app{
      "A simulated IoT Hub on loopback: a mosquitto broker with TLS, and the hub's manners.\n"
      "'run' starts one; the other commands act as its back end, from any shell of the same user.",
      "iothub-sim"};
  app.footer(
      "Output is JSON; errors are sentences on standard error. Exit status: 0 done; 1 it failed or "
      "was refused; 2 wrong usage; 3 nothing came in time (watch --count, invoke).");
  app.require_subcommand(1);
  app.fallthrough();
  std::string control;
  app.add_option("--control", control,
                 "Socket of the simulator to act on (else IOTHUB_SIM_CONTROL, else the newest)");

  int status = kDone;
  RunArguments run_arguments;
  ServiceArguments service_arguments;
  describe_run(app, run_arguments, status);
  describe_broker_commands(app, control, status);
  describe_service_commands(app, control, service_arguments, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << "iothub-sim: " << error.what() << '\n';
    return kBadUsage;
  } catch (const std::exception& error) {
    std::cerr << "iothub-sim: " << error.what() << '\n';
    return kFailed;
  }
  return status;
}

}  // namespace

}  // namespace azure::iot::device::simulator

int main(int argc, char** argv) { return azure::iot::device::simulator::main_program(argc, argv); }
