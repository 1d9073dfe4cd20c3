#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/json/json.hpp"
#include "tools/bench/measurement.hpp"

namespace azure::iot::device::bench {

// One mode with one payload and window, measured once in each round. A row with a baseline is
// compared with the baseline's row of the same round.
struct Row {
  std::string mode;
  std::string baseline;
  std::size_t payload = 0;
  std::size_t in_flight = 0;
  std::size_t messages = 0;  // In each round.
  std::vector<Figures> rounds = {};
};

// The row's baseline; null if it is one itself.
const Row* baseline_of(const Row& row, const std::vector<Row>& rows);

// Medians over the rounds; ratios are taken within a round first.
Json to_json(const std::vector<Row>& rows);
void print_table(std::ostream& out, const std::vector<Row>& rows);

// The least rate of a mode, relative to its baseline's.
struct Gate {
  std::string_view mode;
  std::size_t in_flight;
  double rate_ratio;
};
inline constexpr Gate kGates[] = {
    {"async", 100, 0.95}, {"blocking", 1, 0.90}, {"websocket", 100, 0.80}};

// Prints whether each gate is passed, and returns whether all are.
bool check_gates(std::ostream& out, const std::vector<Row>& rows);

}  // namespace azure::iot::device::bench
