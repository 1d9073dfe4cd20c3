#pragma once

#include <functional>
#include <string>

#include "clients/detail/hub_client_core.hpp"
#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

// The calls of a client that these tests use.
enum class Call { connect, send, subscribe, read_twin, disconnect };
std::string to_string(Call call);

// The blocking form, and the form that only starts the call.
void block(IoTHubDeviceClient& client, Call call);
void start(detail::HubClientCore& core, Call call, const std::function<void(const Error&)>& ended);

// "" for success, "OperationCancelled" if it was cancelled, and otherwise the text of the error.
std::string outcome(const std::function<void()>& call);

}  // namespace azure::iot::device::test
