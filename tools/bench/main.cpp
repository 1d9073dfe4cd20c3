// iot-bench: how fast telemetry goes through this library, beside plain libmosquitto in the same
// run.
#include <algorithm>
#include <cmath>
#include <exception>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "tools/bench/broker.hpp"
#include "tools/bench/modes.hpp"
#include "tools/bench/report.hpp"
#include "tools/bench/worker.hpp"

namespace azure::iot::device::bench {
namespace {

struct Arguments {
  bool quick = false;
  std::size_t rounds = 5;
  double scale = 1;
  std::string json;
};

// How many messages make about a second, so that no run is too short to be measured.
std::size_t messages_for(std::size_t in_flight, std::size_t payload, double scale) {
  double messages = in_flight == 1 ? 4000 : in_flight < 100 ? 12000 : 25000;
  if (payload > 1024) messages /= 2;
  return static_cast<std::size_t>(std::max(50.0, std::ceil(messages * scale)));
}

std::vector<Row> plan(bool quick) {
  struct Cell {
    std::size_t payload;
    std::size_t in_flight;
  };
  std::vector<Cell> cells{{256, 1}, {256, 20}, {256, 100}};
  if (!quick)
    cells = {{256, 1},  {256, 20},  {256, 100},  {256, 1000},
             {4096, 1}, {4096, 20}, {4096, 100}, {4096, 1000}};
  std::vector<Row> rows;
  for (const Cell& cell : cells) {
    for (const Mode& mode : kModes) {
      // A thousand threads measure the system; twenty are many for a device.
      if (mode.name == "blocking" && cell.in_flight > 20) continue;
      rows.push_back({.mode = std::string(mode.name),
                      .baseline = std::string(mode.baseline),
                      .payload = cell.payload,
                      .in_flight = cell.in_flight});
    }
  }
  return rows;
}

// All rows once a round, beginning with another one each time: what the machine does meanwhile
// falls on all alike.
void measure(std::vector<Row>& rows, const Arguments& arguments) {
  const Broker broker;
  const std::size_t runs = rows.size() * arguments.rounds;
  std::size_t done = 0;
  const bool shows_progress = ::isatty(STDERR_FILENO) == 1;
  for (std::size_t round = 0; round < arguments.rounds; ++round) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Row& row = rows[(i + round) % rows.size()];
      ++done;
      if (shows_progress) {
        std::cerr << "\r\033[K" << done << " of " << runs << ": " << row.mode << ", "
                  << row.in_flight << " in flight" << std::flush;
      }
      row.rounds.push_back(run_in_process(
          {.mode = row.mode,
           .port = broker.port(),
           .ca_file = broker.ca_file().string(),
           .client_id = "bench-" + std::to_string(::getpid()) + "-" + std::to_string(done),
           .payload = row.payload,
           .in_flight = row.in_flight,
           .messages = messages_for(row.in_flight, row.payload, arguments.scale)}));
    }
  }
  if (shows_progress) std::cerr << "\r\033[K";
}

void run(const Arguments& arguments) {
  std::ofstream file;
  if (!arguments.json.empty()) {
    file.open(arguments.json);
    if (!file) throw std::runtime_error("--json: cannot write " + arguments.json);
  }
  std::vector<Row> rows = plan(arguments.quick);
  measure(rows, arguments);
  print_table(std::cout, rows);
  std::cout << '\n';
  for (const Mode& mode : kModes) {
    std::cout << std::left << std::setw(14) << mode.name << mode.what << '\n';
  }
  if (file.is_open() && !(file << to_json(rows).dump() << std::endl)) {
    throw std::runtime_error("--json: cannot write " + arguments.json);
  }
}

void add_worker(CLI::App& app, Job& job) {
  CLI::App* const worker = app.add_subcommand("worker", "one run of one mode");
  worker->group("");  // For this program's own use.
  worker->add_option("mode", job.mode)->required();
  worker->add_option("--port", job.port)->required();
  worker->add_option("--ca", job.ca_file)->required();
  worker->add_option("--client-id", job.client_id)->required();
  worker->add_option("--payload", job.payload);
  worker->add_option("--in-flight", job.in_flight);
  worker->add_option("--messages", job.messages);
}

int main_of(int argc, char** argv) {
  CLI::App app(
      "Measures how fast telemetry goes through this library, beside plain libmosquitto in the "
      "same run,\nagainst a mosquitto broker that it starts on loopback for the time being. "
      "Everything takes a few\nminutes; the exit status is 0 if all was measured, whatever came "
      "out, and 1 otherwise.",
      "iot-bench");
  Arguments arguments;
  app.add_flag("--quick", arguments.quick, "only 256 bytes, and 1, 20 and 100 in flight");
  app.add_option("--rounds", arguments.rounds, "how often each is measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--scale", arguments.scale, "how many messages, as a factor")
      ->check(CLI::Range(0.001, 100.0))
      ->capture_default_str();
  app.add_option("--json", arguments.json, "also write the figures to this file");
  Job job;
  add_worker(app, job);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("worker")) {
    run_worker(job);
  } else {
    run(arguments);
  }
  return 0;
}

}  // namespace
}  // namespace azure::iot::device::bench

int main(int argc, char** argv) try {
  return azure::iot::device::bench::main_of(argc, argv);
} catch (const std::exception& e) {
  std::cerr << "iot-bench: " << e.what() << '\n';
  return 1;
}
