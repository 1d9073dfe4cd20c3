#pragma once

#include <functional>
#include <string_view>

#include "pipeline/event.hpp"
#include "pipeline/json/json.hpp"

// Events as they stand in a trace: {"type": ..., fields...}.
namespace azure::iot::device::conformance {

// An event of a type that no stage knows.
struct ArbitraryEvent : EventOf<ArbitraryEvent> {
  static constexpr std::string_view kName = "ArbitraryEvent";
};

// Makes the event and passes it to `sink`; it lives for that call. Throws std::invalid_argument if
// the type is unknown.
void with_recorded_event(const Json& fields, const std::function<void(const Event&)>& use);
// The type, under Python's name, and the fields.
Json describe_event(const Event& event);

}  // namespace azure::iot::device::conformance
