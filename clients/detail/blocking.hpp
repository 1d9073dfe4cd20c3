#pragma once

#include <memory>

#include "../exceptions.hpp"
#include "hub_client_core.hpp"
#include "waiter.hpp"

namespace azure::iot::device::detail {

// The blocking form of a call: `start` is given the completion to wait for. Allocates nothing.
template <class T, class Start>
T wait_for(HubClientCore& core, Start start) {
  if (core.loop().in_loop_thread()) {
    throw_error(Error(Errc::operation_error,
                      "a blocking call on the thread of the event loop would wait for itself"));
  }
  Waiter<T> waiter;
  start(Completion<T>(waiter));
  return waiter.get();
}

// What a destructor does: clears the handlers, shuts down, and waits for it a second at most. On
// the loop's own thread it does not wait. The core goes when its shutdown is over.
void end_client(std::shared_ptr<HubClientCore>& core) noexcept;

}  // namespace azure::iot::device::detail
