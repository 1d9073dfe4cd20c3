#pragma once

#include <memory>

#include <azure/iot/device/clients/detail/client_core.hpp>
#include <azure/iot/device/pipeline/loop/manual_loop.hpp>

namespace azure::iot::device::test {

// Shuts down a client at the end of its test. Waiting calls complete, and no handler is called.
// Pass the last reference to the client.
void end_client(std::shared_ptr<detail::ClientCore> core, ManualLoop& loop);

}  // namespace azure::iot::device::test
