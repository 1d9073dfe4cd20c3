// iothub-sim: a simulated IoT Hub on loopback, and commands that act as its back end.
#include <exception>
#include <iostream>
#include <stdexcept>

#include "launcher/command_line.hpp"
#include "launcher/commands.hpp"

namespace azure::iot::device::simulator {

namespace {

int main_program(int argc, char** argv) {
  CLI::App app{
      "A simulated IoT Hub on loopback: a mosquitto broker with TLS, and the hub's manners.\n"
      "'run' starts one, 'run-dps' a provisioning service beside it; the other commands act as "
      "their back end, from any shell of the same user.",
      "iothub-sim"};
  app.footer(
      "Output is JSON (of token: the token); errors are sentences on standard error. Exit status: "
      "0 done; 1 it failed or "
      "was refused; 2 wrong usage; 3 nothing came in time (watch --count, invoke).");
  app.require_subcommand(1);
  app.fallthrough();
  CommandLine line;
  app.add_option(
      "--control", line.control,
      "Socket of the simulator to act on (else IOTHUB_SIM_CONTROL, else the only one that runs)");

  describe_run(app, line);
  describe_dps_commands(app, line);
  describe_hub_commands(app, line);
  describe_service_commands(app, line);
  describe_fault_commands(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto unknown = app.remaining();
    if (error.get_exit_code() != 0 && app.get_subcommands().empty() && !unknown.empty()) {
      std::cerr << "iothub-sim: there is no command '" << unknown.front()
                << "'; 'iothub-sim --help' lists them\n";
      return kBadUsage;
    }
    return app.exit(error) == 0 ? kDone : kBadUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << "iothub-sim: " << error.what() << '\n';
    return kBadUsage;
  } catch (const std::exception& error) {
    std::cerr << "iothub-sim: " << error.what() << '\n';
    return kFailed;
  }
  return line.status;
}

}  // namespace

}  // namespace azure::iot::device::simulator

int main(int argc, char** argv) { return azure::iot::device::simulator::main_program(argc, argv); }
