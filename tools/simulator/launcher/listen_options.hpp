// The options that `run` and `run-dps` share: where to listen, and where to keep state.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "launcher/broker_config.hpp"
#include "launcher/launcher.hpp"

namespace azure::iot::device::simulator {

struct ListenArguments {
  std::vector<std::string> host_names;
  std::string server_cert = "good";
  std::string directory;
  std::string address;
  BrokerPorts ports;
  bool websockets = false;
  bool standard_ports = false;
  bool until_stdin_closes = false;
  bool verbose = false;
};

void add_listen_options(CLI::App& run, ListenArguments& arguments);

// Throws std::invalid_argument.
LaunchOptions listen_options(const ListenArguments& arguments);

}  // namespace azure::iot::device::simulator
