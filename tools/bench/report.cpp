#include "tools/bench/report.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace azure::iot::device::bench {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> values(const Row& row, double Figures::*field) {
  std::vector<double> all;
  for (const Figures& figures : row.rounds) all.push_back(figures.*field);
  return all;
}

// The ratio of a row to its baseline, round by round.
std::vector<double> ratios(const Row& row, const Row& baseline, double Figures::*field) {
  std::vector<double> all;
  const std::size_t rounds = std::min(row.rounds.size(), baseline.rounds.size());
  for (std::size_t i = 0; i < rounds; ++i) {
    all.push_back(row.rounds[i].*field / (baseline.rounds[i].*field));
  }
  return all;
}

Json row_json(const Row& row, const Row* baseline) {
  Json json{{"mode", row.mode},
            {"tls", true},
            {"payload", row.payload},
            {"in_flight", row.in_flight},
            {"messages", row.messages},
            {"rate", median(values(row, &Figures::rate))},
            {"rate_ratio", Json()},
            {"cpu_us", median(values(row, &Figures::cpu_us))},
            {"cpu_ratio", Json()},
            {"p50_us", median(values(row, &Figures::p50_us))},
            {"p99_us", median(values(row, &Figures::p99_us))},
            {"baseline", Json()},
            {"rss_kb", median(values(row, &Figures::rss_kb))},
            {"threads", median(values(row, &Figures::threads))},
            {"rounds", row.rounds.size()}};
  if (!baseline) return json;
  const auto rate = ratios(row, *baseline, &Figures::rate);
  json.set("rate_ratio", median(rate));
  json.set("rate_ratio_min", *std::min_element(rate.begin(), rate.end()));
  json.set("rate_ratio_max", *std::max_element(rate.begin(), rate.end()));
  json.set("cpu_ratio", median(ratios(row, *baseline, &Figures::cpu_us)));
  json.set("baseline", baseline->mode);
  return json;
}

}  // namespace

const Row* baseline_of(const Row& row, const std::vector<Row>& rows) {
  for (const Row& other : rows) {
    if (!row.baseline.empty() && other.mode == row.baseline && other.payload == row.payload &&
        other.in_flight == row.in_flight) {
      return &other;
    }
  }
  return nullptr;
}

Json to_json(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) list.push_back(row_json(row, baseline_of(row, rows)));
  return {{"rows", std::move(list)}};
}

void print_table(std::ostream& out, const std::vector<Row>& rows) {
  out << "Telemetry over TLS to a broker on loopback, QoS 1; medians of "
      << (rows.empty() ? 0 : rows.front().rounds.size())
      << " rounds. Ratios are to the baseline of the same round:\n"
         "above 1 is faster for rate, and below 1 is cheaper for CPU. Trust ratios, not rates.\n\n";
  out << std::left << std::setw(13) << "mode" << std::right << std::setw(8) << "payload"
      << std::setw(11) << "in flight" << std::setw(10) << "msgs/s" << std::setw(7) << "ratio"
      << std::setw(15) << "(min - max)" << std::setw(8) << "CPU us" << std::setw(7) << "ratio"
      << std::setw(9) << "p50 us" << std::setw(9) << "p99 us" << std::setw(9) << "RSS KB"
      << std::setw(8) << "threads"
      << "  baseline\n";
  out << std::fixed;
  for (const Row& row : rows) {
    const Row* const baseline = baseline_of(row, rows);
    out << std::left << std::setw(13) << row.mode << std::right << std::setw(8) << row.payload
        << std::setw(11) << row.in_flight << std::setprecision(0) << std::setw(10)
        << median(values(row, &Figures::rate)) << std::setprecision(2);
    if (baseline) {
      const auto rate = ratios(row, *baseline, &Figures::rate);
      out << std::setw(7) << median(rate) << std::setw(6)
          << *std::min_element(rate.begin(), rate.end()) << " - " << std::setw(4)
          << *std::max_element(rate.begin(), rate.end()) << "  ";
    } else {
      out << std::setw(22) << "";
    }
    out << std::setprecision(1) << std::setw(8) << median(values(row, &Figures::cpu_us));
    out << std::setprecision(2) << std::setw(7);
    if (baseline) {
      out << median(ratios(row, *baseline, &Figures::cpu_us));
    } else {
      out << "";
    }
    out << std::setprecision(0) << std::setw(9) << median(values(row, &Figures::p50_us))
        << std::setw(9) << median(values(row, &Figures::p99_us)) << std::setw(9)
        << median(values(row, &Figures::rss_kb)) << std::setw(8)
        << median(values(row, &Figures::threads)) << "  " << (baseline ? baseline->mode : "")
        << "\n";
  }
}

bool check_gates(std::ostream& out, const std::vector<Row>& rows) {
  bool passed = true;
  out << std::fixed << std::setprecision(2);
  for (const Gate& gate : kGates) {
    for (const Row& row : rows) {
      const Row* const baseline = baseline_of(row, rows);
      if (!baseline || row.mode != gate.mode || row.in_flight != gate.in_flight) continue;
      const double ratio = median(ratios(row, *baseline, &Figures::rate));
      const bool enough = ratio >= gate.rate_ratio;
      passed = passed && enough;
      out << (enough ? "passed: " : "FAILED: ") << row.mode << ", " << row.in_flight
          << " in flight, " << row.payload << " bytes: " << ratio << " of " << baseline->mode
          << ", at least " << gate.rate_ratio << " is wanted\n";
    }
  }
  return passed;
}

}  // namespace azure::iot::device::bench
