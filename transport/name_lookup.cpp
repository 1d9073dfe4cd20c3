#include "transport/name_lookup.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "pipeline/loop/escape.hpp"

namespace azure::iot::device {

// The place where a resolver's thread leaves its answer. May outlive the lookup and the loop.
struct NameLookup::Shared {
  std::mutex mutex;
  EventLoop* loop = nullptr;  // Null once the answer is no longer wanted. Guarded by `mutex`.
  Resolver::Done done;        // Loop's thread only. Empty once the answer is no longer wanted.
};

NameLookup::NameLookup(EventLoop& loop, Resolver& resolver, const std::string& host,
                       Resolver::Done done)
    : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
  shared_->done = std::move(done);
  const auto answer = [shared = shared_](Resolver::Answer found) {
    const std::lock_guard lock(shared->mutex);
    if (!shared->loop) return;
    shared->loop->post([shared, found = std::move(found)]() mutable {
      // Moved out before the call, which may destroy the lookup.
      if (const auto tell = std::exchange(shared->done, nullptr)) tell(std::move(found));
    });
  };
  if (is_ip_address(host)) {
    answer(std::vector<std::string>{host});
    return;
  }
  try {
    resolver.resolve(host, answer);
  } catch (...) {
    answer(Error(Errc::connection_failed, "the resolver threw: " + thrown_text()));
  }
}

NameLookup::~NameLookup() {
  shared_->done = nullptr;
  const std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
}

}  // namespace azure::iot::device
