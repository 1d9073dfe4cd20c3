#include "tools/bench/measurement.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/resource.h>
#include <unistd.h>

namespace azure::iot::device::bench {
namespace {

double micros(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

double resident_kb() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double thread_count() {
  using Tasks = std::filesystem::directory_iterator;
  return static_cast<double>(std::distance(Tasks("/proc/self/task"), Tasks()));
}

float quantile(const std::vector<float>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

Json to_json(const Figures& figures) {
  return {{"rate", figures.rate},     {"cpu_us", figures.cpu_us}, {"p50_us", figures.p50_us},
          {"p99_us", figures.p99_us}, {"rss_kb", figures.rss_kb}, {"threads", figures.threads}};
}

Figures to_figures(const Json& json) {
  return {.rate = json["rate"].as_double(),
          .cpu_us = json["cpu_us"].as_double(),
          .p50_us = json["p50_us"].as_double(),
          .p99_us = json["p99_us"].as_double(),
          .rss_kb = json["rss_kb"].as_double(),
          .threads = json["threads"].as_double()};
}

Measurement::Measurement(const Job& job)
    : warm_up_(std::max<std::size_t>(job.messages / 10, 1)),
      total_(job.messages + warm_up_),
      begin_(std::max<std::size_t>(job.in_flight, 1)) {
  latencies_us_.reserve(total_);
}

Measurement::Moment Measurement::now() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {Clock::now(), micros(usage.ru_utime) + micros(usage.ru_stime)};
}

void Measurement::acknowledged(std::size_t i) {
  if (i + 1 == warm_up_) {
    start_ = now();
  } else if (i >= warm_up_) {
    const std::chrono::duration<float, std::micro> taken = Clock::now() - begin_[i % begin_.size()];
    latencies_us_.push_back(taken.count());
  }
  if (i + 1 == total_) end_ = now();
}

Figures Measurement::figures() const {
  std::vector<float> sorted = latencies_us_;
  std::sort(sorted.begin(), sorted.end());
  const auto messages = static_cast<double>(total_ - warm_up_);
  const std::chrono::duration<double> passed = end_.time - start_.time;
  return {.rate = messages / passed.count(),
          .cpu_us = (end_.cpu_us - start_.cpu_us) / messages,
          .p50_us = quantile(sorted, 0.5),
          .p99_us = quantile(sorted, 0.99),
          .rss_kb = resident_kb(),
          .threads = thread_count()};
}

}  // namespace azure::iot::device::bench
