#pragma once

#include <memory>

#include <azure/iot/device/clients/detail/client_core.hpp>
#include <azure/iot/device/pipeline/loop/manual_loop.hpp>

namespace azure::iot::device::test {

// Ends a client whose test has ended, and with it the calls that wait, without a call of its
// handlers. Give the last reference to it away.
void end_client(std::shared_ptr<detail::ClientCore> core, ManualLoop& loop);

}  // namespace azure::iot::device::test
