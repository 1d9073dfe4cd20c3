// iot-bench: measures telemetry through this library, beside plain libmosquitto in the same run.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "tools/bench/broker.hpp"
#include "tools/bench/modes.hpp"
#include "tools/bench/report.hpp"
#include "tools/bench/worker.hpp"

namespace azure::iot::device::bench {
namespace {

// The exit statuses, as in the help.
enum ExitStatus { kDone, kFailed, kTooSlow, kBadUsage };

struct Arguments {
  bool quick = false;
  bool gate = false;
  std::size_t rounds = 5;
  double scale = 1;
  double limit = 60;
  std::string json;
};

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
      // Where little is in flight, mosquitto looks at its WebSockets ten times a second.
      if (mode.websockets && cell.in_flight < 100) continue;
      rows.push_back({.mode = std::string(mode.name),
                      .baseline = std::string(mode.baseline),
                      .payload = cell.payload,
                      .in_flight = cell.in_flight});
    }
  }
  return rows;
}

// Runs rows in processes of their own, and shows the progress.
class Runner {
 public:
  Runner(const Arguments& arguments, std::size_t runs) : arguments_(arguments), runs_(runs) {}
  ~Runner() {
    if (shows_progress_) std::cerr << "\r\033[K";
  }

  Figures run(const Row& row, std::size_t messages) {
    ++done_;
    if (shows_progress_) {
      std::cerr << "\r\033[K" << done_ << " of " << runs_ << ": " << row.mode << ", "
                << row.in_flight << " in flight" << std::flush;
    }
    return run_in_process(
        {.mode = row.mode,
         .port = find_mode(row.mode)->websockets ? broker_.websocket_port() : broker_.port(),
         .ca_file = broker_.ca_file().string(),
         .client_id = "bench-" + std::to_string(::getpid()) + "-" + std::to_string(done_),
         .payload = row.payload,
         .in_flight = row.in_flight,
         .messages = messages},
        std::chrono::duration<double>(arguments_.limit));
  }

 private:
  const Arguments& arguments_;
  const Broker broker_;
  const std::size_t runs_;
  std::size_t done_ = 0;
  const bool shows_progress_ = ::isatty(STDERR_FILENO) == 1;
};

// The row's final baseline: a baseline may have one itself.
const Row& first_baseline_of(const Row& row, const std::vector<Row>& rows) {
  const Row* const baseline = baseline_of(row, rows);
  return baseline ? first_baseline_of(*baseline, rows) : row;
}

// Determines how many messages each baseline sends in the time that a run is to take: long enough
// to be measured on any machine, and short enough for `--quick` to finish within two minutes.
void rehearse(Runner& runner, std::vector<Row>& rows, double scale) {
  constexpr double kSecondsOfRun = 0.8;
  const auto scaled = [scale](double messages) {
    return static_cast<std::size_t>(std::max(50.0, std::ceil(messages * scale)));
  };
  for (const Row& baseline : rows) {
    if (!baseline.baseline.empty()) continue;
    const std::size_t messages = scaled(runner.run(baseline, scaled(5000)).rate * kSecondsOfRun);
    for (Row& row : rows) {
      if (&first_baseline_of(row, rows) == &baseline) row.messages = messages;
    }
  }
}

// Measures all rows once a round, beginning with another one each time, so that other load on the
// machine affects all alike.
void measure(std::vector<Row>& rows, const Arguments& arguments) {
  const auto baselines =
      std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.baseline.empty(); });
  Runner runner(arguments, static_cast<std::size_t>(baselines) + rows.size() * arguments.rounds);
  rehearse(runner, rows, arguments.scale);
  for (std::size_t round = 0; round < arguments.rounds; ++round) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Row& row = rows[(i + round) % rows.size()];
      row.rounds.push_back(runner.run(row, row.messages));
    }
  }
}

int run(const Arguments& arguments) {
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
  if (!arguments.gate) return kDone;
  std::cout << '\n';
  return check_gates(std::cout, rows) ? kDone : kTooSlow;
}

// Returns the exit status: that of `run`, unless the arguments ask for help or are wrong.
int run_with_arguments(CLI::App& app, int argc, char** argv, const std::function<int()>& run) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadUsage;
  }
  return run();
}

// One run of one mode, for this program's own use.
int worker_main(int argc, char** argv) {
  CLI::App app("One run of one mode, for internal use.", "iot-bench worker");
  Job job;
  app.add_option("mode", job.mode)->required();
  app.add_option("--port", job.port)->required();
  app.add_option("--ca", job.ca_file)->required();
  app.add_option("--client-id", job.client_id)->required();
  app.add_option("--payload", job.payload);
  app.add_option("--in-flight", job.in_flight);
  app.add_option("--messages", job.messages);
  return run_with_arguments(app, argc, argv, [&] {
    run_worker(job);
    return kDone;
  });
}

int bench_main(int argc, char** argv) {
  CLI::App app(
      "Measures telemetry through this library, beside plain libmosquitto in the same run, against "
      "a mosquitto broker that it starts on loopback. Everything takes a few minutes. The exit "
      "status is 0 if all was measured, 1 if not, 2 if a gate was not passed, and 3 if the "
      "arguments are wrong.",
      "iot-bench");
  Arguments arguments;
  app.add_flag("--quick", arguments.quick, "only 256 bytes, and 1, 20 and 100 in flight");
  app.add_flag("--gate", arguments.gate,
               "fail unless asynchronous sends reach 0.95 of libmosquitto's own loop at 100 in "
               "flight, one blocking caller 0.90 of its thread, and a WebSocket 0.80 of the direct "
               "way at 100 in flight");
  app.add_option("--rounds", arguments.rounds, "rounds of measurement")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--scale", arguments.scale, "number of messages, as a factor")
      ->check(CLI::Range(0.001, 100.0))
      ->capture_default_str();
  app.add_option("--limit", arguments.limit,
                 "seconds after which an unfinished run is killed, and all fails")
      ->check(CLI::Range(0.001, 100.0))
      ->capture_default_str();
  app.add_option("--json", arguments.json, "also write the figures to this file");
  return run_with_arguments(app, argc, argv, [&] { return run(arguments); });
}

}  // namespace
}  // namespace azure::iot::device::bench

int main(int argc, char** argv) try {
  using namespace azure::iot::device::bench;
  const bool worker = argc > 1 && argv[1] == std::string_view("worker");
  return worker ? worker_main(argc - 1, argv + 1) : bench_main(argc, argv);
} catch (const std::exception& e) {
  std::cerr << "iot-bench: " << e.what() << '\n';
  return azure::iot::device::bench::kFailed;
}
