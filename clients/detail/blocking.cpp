#include "clients/detail/blocking.hpp"

#include <chrono>
#include <exception>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/fork_guard.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device::detail {
namespace {

// Keeps a core that a forked child inherited. It is neither used nor destroyed, and stays as it is
// until the child exits.
void leave_alone(std::shared_ptr<Core> inherited) {
  struct Entry {
    std::shared_ptr<Core> core;
    Entry* before;
  };
  static Entry* last = nullptr;  // Keeps all entries reachable for leak checkers.
  auto* const entry = new Entry{std::move(inherited), nullptr};
  const std::lock_guard lock(ForkGuard::mutex());
  entry->before = std::exchange(last, entry);
}

}  // namespace

void check_usable(const Core* core) {
  if (!core) throw std::logic_error("this client was moved from");
  if (!core->inherited_by_fork()) return;
  throw_error(Error(Errc::operation_error,
                    "this client was made before the process forked, and belongs to the parent; "
                    "make another one in the child"),
              core->service());
}

void end_client(std::shared_ptr<Core> ending) noexcept {
  if (!ending) return;
  if (ending->inherited_by_fork()) return leave_alone(std::move(ending));
  try {
    // Objects that a handler refers to may have been destroyed, so no handler is called again.
    ending->stop_handlers();
    // Shared: a stage of the user may block the loop for longer than this function waits.
    auto ended = std::make_shared<std::promise<void>>();
    ending->start_end(std::this_thread::get_id(),
                      Completion<void>([ended](const Error&) { ended->set_value(); }));
    std::future<void> end = ended->get_future();
    if (!ending->loop().may_wait()) return;
    if (!ending->loop().in_loop_thread()) return void(end.wait_for(std::chrono::seconds{1}));
    ending->loop().run_until(
        [&] { return end.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  } catch (...) {
    report_escape("the shutdown of a client", std::current_exception());
  }
}

}  // namespace azure::iot::device::detail
