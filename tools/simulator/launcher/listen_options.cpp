#include "launcher/listen_options.hpp"

#include <stdexcept>

#include "launcher/ports.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::uint16_t kStandardMqttPort = 8883;

}  // namespace

void add_listen_options(CLI::App& run, ListenArguments& arguments) {
  run.add_option("--host-name", arguments.host_names,
                 "Another name of the service, in its certificate and in user names; repeatable");
  run.add_option("--server-cert", arguments.server_cert,
                 "Certificate to serve, for tests: good, badname (for another host), untrusted (by "
                 "another CA)")
      ->check(CLI::IsMember({"good", "badname", "untrusted"}));
  run.add_option("--dir", arguments.directory,
                 "Folder for keys, logs and state, mode 0700. It is kept at the end, and the next "
                 "run continues with its twins, queued messages and enrollments. Enrollments on "
                 "the command line get the key or certificate of this run, even if `enroll` "
                 "changed it. Default: a new folder, removed at the end");
  CLI::Option* port = run.add_option("--mqtt-port", arguments.ports.mqtt,
                                     "Port of the MQTT over TLS listener (default: a free one)");
  run.add_flag("--standard-ports", arguments.standard_ports,
               "Listen at 8883, the port that clients use by default. Several simulators can do so "
               "if each has its own --address")
      ->excludes(port);
  run.add_option("--x509-port", arguments.ports.x509,
                 "Port for devices that are known by a certificate (default: a free one)");
  run.add_flag("--websockets", arguments.websockets, "Listen for MQTT over WebSockets as well");
  run.add_option("--websocket-port", arguments.ports.websocket,
                 "Port for WebSockets (default: a free one); implies --websockets");
  run.add_option("--x509-websocket-port", arguments.ports.x509_websocket,
                 "Port for WebSockets of devices that are known by a certificate (default: a free "
                 "one); implies --websockets");
  run.add_option("--address", arguments.address,
                 "Address of 127.0.0.0/8 to listen at (default 127.0.0.1, named localhost)");
  run.add_flag("--until-stdin-closes", arguments.until_stdin_closes,
               "End also when standard input ends, that is with the program that started this one");
  run.add_flag("--verbose", arguments.verbose, "Log each packet to broker.log in the folder");
}

LaunchOptions listen_options(const ListenArguments& arguments) {
  LaunchOptions options;
  options.host_names = arguments.host_names;
  if (arguments.server_cert == "badname") options.server_certificate = ServerCertificate::badname;
  if (arguments.server_cert == "untrusted") {
    options.server_certificate = ServerCertificate::untrusted;
  }
  if (!arguments.address.empty() && !is_loopback(arguments.address)) {
    throw std::invalid_argument("--address " + arguments.address +
                                ": it must be an address of 127.0.0.0/8, since a simulator is "
                                "reached from this machine alone");
  }
  options.address = arguments.address;
  if (!arguments.directory.empty()) options.directory = arguments.directory;
  options.ports = arguments.ports;
  if (arguments.standard_ports) options.ports.mqtt = kStandardMqttPort;
  options.websockets =
      arguments.websockets || arguments.ports.websocket != 0 || arguments.ports.x509_websocket != 0;
  options.until_stdin_closes = arguments.until_stdin_closes;
  options.verbose = arguments.verbose;
  return options;
}

}  // namespace azure::iot::device::simulator
