// The program's subcommands, described for CLI11. Each is carried out when it is parsed.
#pragma once

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

namespace azure::iot::device::simulator {

// State that all commands share. It must outlive the parsing.
struct CommandLine {
  std::string control;  // --control.
  int status = 0;

  std::filesystem::path socket() const;
  std::filesystem::path dps_socket() const;
};

void describe_run(CLI::App& app, CommandLine& line);

// The provisioning service: run-dps, enroll, registrations.
void describe_dps_commands(CLI::App& app, CommandLine& line);

// The simulator itself: devices, stop, the broker's commands, token.
void describe_hub_commands(CLI::App& app, CommandLine& line);

// The commands of a service: send-c2d, send-input, invoke, twin, watch, telemetry.
void describe_service_commands(CLI::App& app, CommandLine& line);

// Faults: drop, fault.
void describe_fault_commands(CLI::App& app, CommandLine& line);

}  // namespace azure::iot::device::simulator
