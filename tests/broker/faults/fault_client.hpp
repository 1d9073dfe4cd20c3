#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "broker/faults/faulty_hub.hpp"
#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

constexpr std::size_t kFaultClientInFlight = 4;

// A client of that hub whose connects have a second, and which redials every second.
IoTHubDeviceClient make_fault_client(FaultyHub& hub);

// The type of what a call throws; empty if it returns.
std::string outcome_of(const std::function<void()>& call);

// Makes the call that the phase is named after, or `connect` for those before there is a
// connection, and none while idle. Its outcome.
std::string call_of(IoTHubDeviceClient& client, Phase phase, std::chrono::milliseconds timeout);

}  // namespace azure::iot::device::test
