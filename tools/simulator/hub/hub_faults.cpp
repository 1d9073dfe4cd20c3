// Faults on request: of a tester by a command, or of a device by the properties of a message, which
// a real hub understands as well.
#include <algorithm>
#include <charconv>
#include <utility>

#include "hub/hub.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::int64_t kMaxSeconds = 24 * 3600;
constexpr std::int64_t kMaxCount = 1'000'000;

seconds seconds_of(const Properties& properties, std::string_view name) {
  for (const auto& [key, value] : properties) {
    if (key != name || !value) continue;
    std::int64_t number = 0;
    std::from_chars(value->data(), value->data() + value->size(), number);
    return seconds(std::clamp<std::int64_t>(number, 0, kMaxSeconds));
  }
  return seconds(0);
}

struct RequestedFault {
  const char* type;
  FaultKind kind;
  bool once;      // Otherwise for the time that the message asks for.
  bool cuts_too;  // Ends the device's link when it begins.
};

// MQTT 3.1.1 has no DISCONNECT from a server, so a device cannot distinguish the two kinds of end.
constexpr RequestedFault kRequestedFaults[] = {
    {"KillTcp", FaultKind::cut, true, false},
    {"ShutDownMqtt", FaultKind::cut, true, false},
    {"InvokeThrottling", FaultKind::throttle, false, false},
    {"InvokeMaxMessageQuota", FaultKind::quota, false, false},
    {"InvokeAuthError", FaultKind::refuse, false, true},
};

}  // namespace

std::optional<Fault> Hub::strike(FaultKind kind, const Identity& identity) {
  if (faults_.empty()) return std::nullopt;
  auto fault = faults_.take(kind, identity.name(), steady_clock::now());
  if (!fault) return fault;
  JsonObject event = EventLog::event("fault", identity);
  events_.note(event.add("fault", to_string(kind)));
  return fault;
}

void Hub::strike_links() {
  if (faults_.empty()) return;
  struct Row {
    FaultKind kind;
    EndOfLink why;
  };
  const Row rows[] = {{FaultKind::cut, {0, "the fault 'cut'"}},
                      {FaultKind::takeover, {400027, "taken over"}},
                      {FaultKind::expire, {401003, "the token has expired"}}};
  for (auto& [name, identity] : identities_.all()) {
    for (const Row& row : rows) {
      if (identity.connected() && strike(row.kind, identity)) sever(identity, row.why);
    }
  }
}

void Hub::add_requested_fault(const Identity& identity, const Properties& properties) {
  for (const auto& [key, value] : properties) {
    if (key != "AzIoTHub_FaultOperationType" || !value) continue;
    for (const RequestedFault& requested : kRequestedFaults) {
      if (*value != requested.type) continue;
      Fault fault{requested.kind, identity.name()};
      fault.from =
          steady_clock::now() + seconds_of(properties, "AzIoTHub_FaultOperationDelayInSecs");
      if (requested.once) {
        fault.count = 1;
      } else {
        fault.until = fault.from + seconds_of(properties, "AzIoTHub_FaultOperationDurationInSecs");
      }
      if (requested.cuts_too) {
        Fault cut{FaultKind::cut, identity.name(), 1};
        cut.from = fault.from;
        faults_.add(cut);
      }
      faults_.add(fault);
    }
  }
}

JsonObject Hub::add_fault(const JsonValue& command) {
  const std::string name = string_member(command, "fault");
  const auto kind = fault_kind(name);
  if (!kind) throw ControlError{400000, "there is no fault '" + name + "'"};
  Fault fault{*kind};
  if (!string_member(command, "device_id").empty()) fault.identity = named_identity(command).name();
  const auto number = [&](const char* member, std::int64_t low, std::int64_t high) {
    const auto value = integer_member(command, member, low - 1);
    if (value < low || value > high) {
      throw ControlError{400000, std::string(member) + " must be a whole number from " +
                                     std::to_string(low) + " to " + std::to_string(high)};
    }
    return value;
  };
  const bool has_milliseconds = command.HasMember("milliseconds");
  if (command.HasMember("count") || !has_milliseconds) {
    fault.count = command.HasMember("count") ? number("count", 1, kMaxCount) : 1;
  }
  if (has_milliseconds) {
    fault.until = steady_clock::now() +
                  std::chrono::milliseconds(number("milliseconds", 1, kMaxSeconds * 1000));
  }
  if (command.HasMember("status")) fault.status = static_cast<int>(number("status", 400, 599));
  faults_.add(std::move(fault));
  JsonObject event = EventLog::event("fault_set");
  events_.note(event.add("fault", name));
  return list_faults();
}

JsonObject Hub::list_faults() {
  JsonObject result;
  result.add("faults", static_cast<const JsonValue&>(faults_.list(steady_clock::now())));
  return result;
}

}  // namespace azure::iot::device::simulator
