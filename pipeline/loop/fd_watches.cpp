#include "pipeline/loop/fd_watches.hpp"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

#include "pipeline/loop/escape.hpp"

namespace azure::iot::device {
namespace {

std::uint32_t to_epoll(unsigned readiness) {
  std::uint32_t events = 0;
  if (readiness & EventLoop::kReadable) events |= EPOLLIN;
  if (readiness & EventLoop::kWritable) events |= EPOLLOUT;
  if (readiness & EventLoop::kPeerClosed) events |= EPOLLRDHUP;
  return events;
}

unsigned to_readiness(std::uint32_t events) {
  unsigned readiness = 0;
  if (events & EPOLLIN) readiness |= EventLoop::kReadable;
  if (events & EPOLLOUT) readiness |= EventLoop::kWritable;
  if (events & EPOLLHUP) readiness |= EventLoop::kHangUp;
  if (events & EPOLLERR) readiness |= EventLoop::kError;
  if (events & EPOLLRDHUP) readiness |= EventLoop::kPeerClosed;
  return readiness;
}

[[noreturn]] void refuse(int error, int fd) {
  throw std::system_error(error, std::generic_category(),
                          "Descriptor " + std::to_string(fd) + " cannot be watched");
}

}  // namespace

void FdWatches::watch(int fd, unsigned readiness, EventLoop::FdHandler handler) {
  if (Watch* known = find(fd)) {
    auto changed = std::make_unique<Watch>(Watch{known->generation, readiness, {}});
    if (control(EPOLL_CTL_MOD, fd, *changed) == 0) {
      if (!handler) {
        known->readiness = readiness;
        return;
      }
      changed->handler = std::move(handler);
      retire(std::exchange(watches_[static_cast<std::size_t>(fd)], std::move(changed)));
      return;
    }
    // The descriptor was closed without being unwatched, and its number was reused.
    if (errno != ENOENT) refuse(errno, fd);
    left_behind_ = true;
    retire(std::move(watches_[static_cast<std::size_t>(fd)]));
  }

  if (!handler) {
    throw std::invalid_argument("handler must not be empty when descriptor " + std::to_string(fd) +
                                " is watched for the first time");
  }
  if (++last_generation_ == 0) ++last_generation_;
  auto added = std::make_unique<Watch>(Watch{last_generation_, readiness, std::move(handler)});
  if (fd >= 0 && static_cast<std::size_t>(fd) >= watches_.size()) {
    watches_.resize(static_cast<std::size_t>(fd) + 1);
  }
  if (control(EPOLL_CTL_ADD, fd, *added) != 0) refuse(errno, fd);
  watches_[static_cast<std::size_t>(fd)] = std::move(added);
}

void FdWatches::change(int fd, unsigned readiness) {
  Watch* const known = find(fd);
  if (!known) {
    throw std::logic_error("Descriptor " + std::to_string(fd) +
                           " must be watched before that is changed");
  }
  if (known->readiness == readiness) return;
  const Watch changed{known->generation, readiness, {}};
  if (control(EPOLL_CTL_MOD, fd, changed) != 0) refuse(errno, fd);
  known->readiness = readiness;
}

void FdWatches::unwatch(int fd) {
  Watch* const known = find(fd);
  if (!known) return;
  // Fails if the descriptor was closed before, which matters if a forked child has it open.
  left_behind_ |= control(EPOLL_CTL_DEL, fd, *known) != 0;
  retire(std::move(watches_[static_cast<std::size_t>(fd)]));
}

void FdWatches::dispatch(std::uint64_t key, std::uint32_t epoll_events) {
  if (!is_current(key)) {
    reports_what_is_gone_ |= left_behind_;
    return;
  }
  const int fd = static_cast<int>(key & 0xffffffff);
  const Watch* const called = find(fd);
  try {
    called->handler(to_readiness(epoll_events));
  } catch (...) {
    if (find(fd) == called) unwatch(fd);
    throw;
  }
}

bool FdWatches::is_current(std::uint64_t key) const {
  const Watch* const known = find(static_cast<int>(key & 0xffffffff));
  return known && known->generation == key >> 32;
}

void FdWatches::move_to(int epoll_fd) {
  epoll_fd_ = epoll_fd;
  left_behind_ = reports_what_is_gone_ = false;
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const int fd = static_cast<int>(i);
    if (!watches_[i] || control(EPOLL_CTL_ADD, fd, *watches_[i]) == 0) continue;
    contain("a descriptor's handler",
            [&] { dispatch(std::uint64_t{watches_[i]->generation} << 32 | i, EPOLLHUP); });
  }
}

void FdWatches::drop_retired() {
  // Destroying a handler's captures may unwatch other descriptors.
  while (const std::unique_ptr<Watch> dropped = std::move(retired_)) {
    retired_ = std::move(dropped->next);
  }
}

void FdWatches::clear() {
  for (std::size_t fd = 0; fd < watches_.size(); ++fd) unwatch(static_cast<int>(fd));
  drop_retired();
}

FdWatches::Watch* FdWatches::find(int fd) const {
  const auto index = static_cast<std::size_t>(fd);
  return fd >= 0 && index < watches_.size() ? watches_[index].get() : nullptr;
}

int FdWatches::control(int operation, int fd, const Watch& watch) const {
  epoll_event event{};
  event.events = to_epoll(watch.readiness);
  event.data.u64 = std::uint64_t{watch.generation} << 32 | static_cast<std::uint32_t>(fd);
  return ::epoll_ctl(epoll_fd_, operation, fd, &event);
}

void FdWatches::retire(std::unique_ptr<Watch> watch) {
  watch->next = std::move(retired_);
  retired_ = std::move(watch);
}

}  // namespace azure::iot::device
