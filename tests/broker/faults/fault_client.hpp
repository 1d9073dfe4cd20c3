#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "broker/faults/faulty_hub.hpp"
#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

constexpr std::size_t kFaultClientInFlight = 4;

// Creates a client of this hub with a connect timeout of one second and a redial interval of one
// second.
IoTHubDeviceClient make_fault_client(FaultyHub& hub);

// The type of the exception that a call throws; empty if it returns.
std::string outcome_of(const std::function<void()>& call);

// Makes the call that the phase is named after. Before there is a connection that is `connect`, and
// while idle there is none. Returns its outcome.
std::string call_of(IoTHubDeviceClient& client, Phase phase, std::chrono::milliseconds timeout);

}  // namespace azure::iot::device::test
