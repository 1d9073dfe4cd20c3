#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"

namespace azure::iot::device::bench {

// The work of one measured run, and its broker.
struct Job {
  std::string mode;  // A name of `modes`.
  std::uint16_t port = 0;
  std::string ca_file;
  std::string client_id;
  std::size_t payload = 256;
  std::size_t in_flight = 1;
  std::size_t messages = 1000;
};

// The figures of one run.
struct Figures {
  double rate = 0;    // Messages per second.
  double cpu_us = 0;  // Of the whole process, per message.
  double p50_us = 0;  // From the call to the acknowledgement.
  double p99_us = 0;
  double rss_kb = 0;  // Resident at the end of the run.
  double threads = 0;
};

Json to_json(const Figures& figures);
Figures to_figures(const Json& json);

// Measures while messages are sent: first some that do not count, until caches and windows are
// warm, then those of the job. Acknowledgements come in the order of the messages.
class Measurement {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Measurement(const Job& job);

  std::size_t total() const { return total_; }
  // Number `i`, from 0, is about to be sent; number `i` was acknowledged. Each may be called by a
  // thread of its own.
  void sent(std::size_t i, Clock::time_point when = Clock::now()) {
    begin_[i % begin_.size()] = when;
  }
  void acknowledged(std::size_t i);

  Figures figures() const;

 private:
  struct Moment {
    Clock::time_point time;
    double cpu_us = 0;
  };
  static Moment now();

  std::size_t warm_up_;
  std::size_t total_;
  std::vector<Clock::time_point> begin_;  // Of those in flight.
  std::vector<float> latencies_us_;
  Moment start_;
  Moment end_;
};

}  // namespace azure::iot::device::bench
