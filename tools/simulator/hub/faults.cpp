#include "hub/faults.hpp"

#include <array>

namespace azure::iot::device::simulator {

namespace {

constexpr std::array kNames{
    FaultName{"refuse", FaultKind::refuse, "answer a CONNECT with 5 (not authorized)"},
    FaultName{"drop-before-puback", FaultKind::drop_before_puback,
              "lose telemetry, and the link before its PUBACK"},
    FaultName{"drop-after-puback", FaultKind::drop_after_puback,
              "keep and acknowledge telemetry, then lose the link"},
    FaultName{"throttle", FaultKind::throttle,
              "end the link upon telemetry; answer twin requests with 429 and refuse methods"},
    FaultName{"quota", FaultKind::quota, "end the link upon telemetry: the daily quota is used up"},
    FaultName{"twin-error", FaultKind::twin_error, "answer twin requests with --status"},
    FaultName{"takeover", FaultKind::takeover,
              "end the link as if the same identity had connected elsewhere"},
    FaultName{"expire", FaultKind::expire, "end the link as if its token had expired"},
    FaultName{"cut", FaultKind::cut, "end the link without a reason"},
};

}  // namespace

std::span<const FaultName> fault_names() { return kNames; }

std::string_view to_string(FaultKind kind) {
  for (const FaultName& name : kNames) {
    if (name.kind == kind) return name.name;
  }
  return "";
}

std::optional<FaultKind> fault_kind(std::string_view text) {
  for (const FaultName& name : kNames) {
    if (name.name == text) return name.kind;
  }
  return std::nullopt;
}

std::optional<Fault> Faults::take(FaultKind kind, std::string_view identity, Fault::Time now) {
  if (faults_.empty()) return std::nullopt;
  forget_spent(now);
  for (Fault& fault : faults_) {
    if (fault.kind != kind || fault.from > now) continue;
    if (!fault.identity.empty() && fault.identity != identity) continue;
    if (fault.count) --*fault.count;
    return fault;
  }
  return std::nullopt;
}

Json Faults::list(Fault::Time now) {
  forget_spent(now);
  Json list(rapidjson::kArrayType);
  for (const Fault& fault : faults_) {
    JsonObject entry;
    entry.add("fault", to_string(fault.kind));
    if (!fault.identity.empty()) entry.add("device_id", fault.identity);
    if (fault.count) entry.add("count", *fault.count);
    const auto seconds = [&](Fault::Time time) {
      return static_cast<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time - now).count());
    };
    if (fault.from > now) entry.add("starts_in_seconds", seconds(fault.from));
    if (fault.until != Fault::Time::max()) entry.add("ends_in_seconds", seconds(fault.until));
    if (fault.kind == FaultKind::twin_error) entry.add("status", fault.status);
    list.PushBack(JsonValue(entry.value(), list.GetAllocator()), list.GetAllocator());
  }
  return list;
}

void Faults::forget_spent(Fault::Time now) {
  faults_.remove_if(
      [&](const Fault& fault) { return fault.until <= now || (fault.count && *fault.count <= 0); });
}

}  // namespace azure::iot::device::simulator
