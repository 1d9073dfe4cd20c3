#pragma once

#include <functional>
#include <string>

#include "clients/detail/hub_client_core.hpp"
#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

// What a client may be asked for.
enum class Call { connect, send, subscribe, read_twin, disconnect };
std::string to_string(Call call);

// In its blocking form, and started only.
void block(IoTHubDeviceClient& client, Call call);
void start(detail::HubClientCore& core, Call call, const std::function<void(const Error&)>& ended);

// "" for success; "OperationCancelled" for that; the text of anything else.
std::string outcome(const std::function<void()>& call);

}  // namespace azure::iot::device::test
