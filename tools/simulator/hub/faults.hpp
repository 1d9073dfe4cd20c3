// Faults on request, by name.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/json.hpp"

namespace azure::iot::device::simulator {

enum class FaultKind {
  refuse,              // A CONNECT is answered with 5, not authorized.
  drop_before_puback,  // Telemetry is lost, and the link ends without its PUBACK.
  drop_after_puback,   // Telemetry is kept and acknowledged, and the link ends.
  throttle,            // Telemetry ends the link; twin requests get 429; methods are refused.
  quota,               // As throttle, for telemetry alone: the day's messages are used up.
  twin_error,          // Twin requests get `status`.
  takeover,            // The link ends as if the same identity had connected elsewhere.
  expire,              // The link ends as if its token had expired.
  cut,                 // The link ends, without a reason.
};

struct FaultName {
  const char* name;
  FaultKind kind;
  const char* meaning;
};
std::span<const FaultName> fault_names();
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> fault_kind(std::string_view name);

struct Fault {
  using Time = std::chrono::steady_clock::time_point;

  FaultKind kind;
  std::string identity = {};  // Identity::name(); empty: any.
  std::optional<std::int64_t> count = {};
  Time from = Time::min();
  Time until = Time::max();
  int status = 500;  // Of twin_error.
};

class Faults {
 public:
  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  void clear() { faults_.clear(); }
  bool empty() const { return faults_.empty(); }

  // Returns a fault of this kind that strikes this identity now, and counts it down.
  std::optional<Fault> take(FaultKind kind, std::string_view identity, Fault::Time now);

  // As an array to print.
  Json list(Fault::Time now);

 private:
  void forget_spent(Fault::Time now);

  std::list<Fault> faults_;
};

}  // namespace azure::iot::device::simulator
