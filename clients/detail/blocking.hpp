#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "../exceptions.hpp"
#include "core.hpp"
#include "waiter.hpp"

namespace azure::iot::device::detail {

// Returns the result of a call, or throws the exception for its error. The core is asked for its
// service only after an error: a managed device changes its service during a call, and after
// success a handler may have destroyed the client.
template <class T>
T value_or_throw(Outcome<T> outcome, const Core& core) {
  if constexpr (std::is_void_v<T>) {
    if (outcome) throw_error(outcome, core.service());
  } else {
    if (!outcome) throw_error(outcome.error(), core.service());
    return *std::move(outcome);
  }
}

// Blocking form of a call where the loop has no thread: the caller runs the loop.
template <class T, class Start>
T run_until_ended(Core& core, Start start) {
  // Shared: the call may complete after this function has thrown.
  auto outcome = std::make_shared<std::optional<Outcome<T>>>();
  start(Completion<T>([outcome](Outcome<T> ended) { outcome->emplace(std::move(ended)); }));
  if (!core.loop().run_until([&] { return outcome->has_value(); })) {
    throw_error(Error(Errc::operation_error,
                      "the call cannot end: it has no timeout, and nothing is left to run"),
                core.service());
  }
  return value_or_throw<T>(std::move(**outcome), core);
}

// Blocking form of a call: passes `start` the completion to wait for. Allocates nothing.
template <class T, class Start>
T wait_for(Core& core, Start start) {
  if (!core.loop().may_wait()) {
    throw_error(Error(Errc::operation_error,
                      "a blocking call on the thread of the event loop would wait for itself"),
                core.service());
  }
  if (core.loop().in_loop_thread()) return run_until_ended<T>(core, std::move(start));
  Waiter<T> waiter;
  start(Completion<T>(waiter));
  return value_or_throw<T>(waiter.get(), core);
}

// Throws if a client was moved from, or belongs to another process.
void check_usable(const Core* core);
template <class C>
C& usable(const std::shared_ptr<C>& core) {
  check_usable(core.get());
  return *core;
}

// For a destructor: clears the handlers, shuts down, and waits up to a second for the shutdown and
// for running handlers. It does not wait for a handler on this very thread, nor from inside the
// loop. It waits for handlers even if the client was shut down before. The core is destroyed after
// its shutdown. The client's own pointer to it stays valid meanwhile, since a handler may still be
// in a call.
void end_client(std::shared_ptr<Core> core) noexcept;

}  // namespace azure::iot::device::detail
