// The program's subcommands, as CLI11 is told of them. Each carries itself out when it is parsed.
#pragma once

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

namespace azure::iot::device::simulator {

// What all commands share. It must outlive the parsing.
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

// What a service does: send-c2d, send-input, invoke, twin, watch, telemetry.
void describe_service_commands(CLI::App& app, CommandLine& line);

// What goes wrong: drop, fault.
void describe_fault_commands(CLI::App& app, CommandLine& line);

}  // namespace azure::iot::device::simulator
