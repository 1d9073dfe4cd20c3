#include "end_client.hpp"

namespace azure::iot::device::test {

// Posted work that never runs would keep the loop alive, and the loop keeps the work alive. A
// pending shutdown keeps the client alive, and so does a receive call that waits for its
// subscription. A shutdown completes both.
void end_client(std::shared_ptr<detail::ClientCore> core, ManualLoop& loop) {
  const std::weak_ptr<detail::ClientCore> kept = core;
  core.reset();
  loop.run_posted();
  if (const auto left = kept.lock()) {
    const auto ended = std::make_shared<bool>(false);
    left->stop_handlers();
    left->start_shutdown(detail::Completion<void>([ended](const Error&) { *ended = true; }));
    loop.run_until([&] { return *ended; });
  }
  loop.run_posted();
}

}  // namespace azure::iot::device::test
