#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "../exceptions.hpp"
#include "core.hpp"
#include "waiter.hpp"

namespace azure::iot::device::detail {

// The result of a call, or the exception that stands for its error. Only for an error the core is
// asked which service it is about, and not before the call: a managed device goes from one to the
// other, and where a call succeeded a handler may have destroyed the client already.
template <class T>
T value_or_throw(Outcome<T> outcome, const Core& core) {
  if constexpr (std::is_void_v<T>) {
    if (outcome) throw_error(outcome, core.service());
  } else {
    if (!outcome) throw_error(outcome.error(), core.service());
    return *std::move(outcome);
  }
}

// The blocking form where the loop has no thread: the caller is the one who runs it.
template <class T, class Start>
T run_until_ended(Core& core, Start start) {
  // Shared: a call that never ends is left behind.
  auto outcome = std::make_shared<std::optional<Outcome<T>>>();
  start(Completion<T>([outcome](Outcome<T> ended) { outcome->emplace(std::move(ended)); }));
  if (!core.loop().run_until([&] { return outcome->has_value(); })) {
    throw_error(Error(Errc::operation_error,
                      "the call cannot end: it has no timeout, and nothing is left to run"),
                core.service());
  }
  return value_or_throw<T>(std::move(**outcome), core);
}

// The blocking form of a call: `start` is given the completion to wait for. Allocates nothing.
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

// Throws where a client has no core any more, or has that of another process.
void check_usable(const Core* core);
template <class C>
C& usable(const std::shared_ptr<C>& core) {
  check_usable(core.get());
  return *core;
}

// For a destructor: clears the handlers, shuts down, and waits up to a second for the end of that
// and of the handlers that run, except one on this very thread. From inside the loop it does not
// wait. It waits for handlers also if the client was shut down before. The core goes when its
// shutdown is over; the client's own pointer to it stays as it is meanwhile, since a handler may
// still be in a call.
void end_client(std::shared_ptr<Core> core) noexcept;

}  // namespace azure::iot::device::detail
