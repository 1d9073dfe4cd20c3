#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "pipeline/json/json.hpp"
#include "support/broker_process.hpp"
#include "tools/bench/report.hpp"

using namespace azure::iot::device;

namespace {

// Its exit status.
int iot_bench(const std::string& arguments, const std::string& output = "/dev/null") {
  const std::string command = TEST_BIN_DIR "/iot-bench " + arguments + " > " + output + " 2>&1";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bench::Row row(std::string mode, std::string baseline, std::vector<double> rates,
               std::size_t in_flight = 1) {
  bench::Row row{.mode = std::move(mode),
                 .baseline = std::move(baseline),
                 .payload = 1,
                 .in_flight = in_flight};
  for (const double rate : rates) row.rounds.push_back({.rate = rate, .cpu_us = 1});
  return row;
}

}  // namespace

TEST_CASE("IotBench: a short run measures every mode, and says so in JSON") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "figures.json";
  REQUIRE(iot_bench("--quick --rounds 1 --scale 0.01 --json " + file.string()) == 0);
  const Json json = Json::parse_or_throw(contents_of(file));
  std::vector<std::string> modes;
  for (const Json& each : json["rows"].elements()) {
    modes.push_back(each["mode"].as_string());
    CAPTURE(modes.back());
    CHECK(each["tls"].as_bool());
    CHECK(each["payload"].as_int() == 256);
    CHECK(each["in_flight"].as_int() >= 1);
    CHECK(each["messages"].as_int() >= 50);
    for (const char* field : {"rate", "p50_us", "p99_us", "rss_kb", "threads"}) {
      CHECK(each[field].as_double() > 0);
    }
    CHECK(each["cpu_us"].is_number());
    const bool compared = !each["baseline"].is_null();
    CHECK(each["rate_ratio"].is_number() == compared);
    CHECK(each["cpu_ratio"].is_number() == compared);
  }
  CHECK(modes.size() == 15);
}

TEST_CASE("IotBench: a ratio is taken within a round, and then the median of the rounds") {
  const std::vector<bench::Row> rows{row("a", "", {100, 200, 400}), row("b", "a", {50, 400, 400})};
  const Json json = bench::to_json(rows);
  CHECK(json["rows"][0]["rate"].as_double() == 200);
  CHECK(json["rows"][0]["rate_ratio"].is_null());
  CHECK(json["rows"][1]["rate_ratio"].as_double() == 1);
  CHECK(json["rows"][1]["rate_ratio_min"].as_double() == 0.5);
  CHECK(json["rows"][1]["rate_ratio_max"].as_double() == 2);
  CHECK(json["rows"][1]["baseline"].as_string() == "a");
}

TEST_CASE("IotBench: a gate is passed by the median, and one that is not is said") {
  const auto gates = [](double async_rate, double websocket_rate) {
    const std::vector<bench::Row> rows{
        row("raw-loop", "", {100, 100, 100}, 100),
        row("async", "raw-loop", {10, async_rate, 200}, 100),
        row("websocket", "async", {200, websocket_rate, 10}, 100),
    };
    std::ostringstream said;
    const bool passed = bench::check_gates(said, rows);
    CHECK(passed == (said.str().find("FAILED") == std::string::npos));
    return said.str();
  };
  constexpr auto npos = std::string::npos;
  CHECK(gates(95, 76).find("FAILED") == npos);
  CHECK(gates(94, 94).find("FAILED: async, 100 in flight") != npos);
  CHECK(gates(95, 75).find("FAILED: websocket, 100 in flight") != npos);
}

TEST_CASE("IotBench: a run that does not end in time is killed, and the reason told") {
  const test::TemporaryFolder folder;
  const auto output = folder.path() / "output";
  CHECK(iot_bench("--quick --rounds 1 --limit 0.001", output.string()) == 1);
  CHECK(contents_of(output).find("the run of raw-loop with 1 in flight did not end in time") !=
        std::string::npos);
}

TEST_CASE("IotBench: the status tells wrong arguments from a failure, and the help has them all") {
  const test::TemporaryFolder folder;
  const auto output = folder.path() / "output";
  CHECK(iot_bench("--help", output.string()) == 0);
  const std::string help = contents_of(output);
  CHECK(help.find("and 3 if the arguments are wrong") != std::string::npos);
  CHECK(help.find("SUBCOMMAND") == std::string::npos);
  for (const char* wrong : {"--rounds 0", "--limit 0", "--no-such-option", "--json", "worker"}) {
    CAPTURE(wrong);
    CHECK(iot_bench(wrong) == 3);
  }
  CHECK(iot_bench("--quick --json /no/such/folder/file") == 1);
}
