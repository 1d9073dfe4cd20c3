#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "event_loop.hpp"

namespace azure::iot::device {

// The descriptors that an epoll instance watches, and who is told. Each registration carries a
// generation, so that what epoll reported of a descriptor that has been closed since, and perhaps
// opened again as something else, reaches nobody.
class FdWatches {
 public:
  explicit FdWatches(int epoll_fd) : epoll_fd_(epoll_fd) {}

  // As in EventLoop. Throw std::system_error if the system refuses.
  void watch(int fd, unsigned readiness, EventLoop::FdHandler handler);
  void change(int fd, unsigned readiness);
  void unwatch(int fd);

  // Whether a key that epoll reported may be of these; smaller ones are free for others.
  static bool owns(std::uint64_t key) { return key >= kFirstKey; }
  // Throws what the handler throws, which is not called again then: what made it throw most likely
  // stays, and so does the readiness.
  void dispatch(std::uint64_t key, std::uint32_t epoll_events);
  // Whether epoll has reported a descriptor that was closed here before it was unwatched. As long
  // as a forked child keeps it open, it can be removed no more.
  bool reports_what_is_gone() const { return reports_what_is_gone_; }
  // Registers everything with another epoll instance. Handlers of descriptors that are not open any
  // more are called with kHangUp.
  void move_to(int epoll_fd);

  // Handlers that were replaced or unwatched live until here, as they may be running.
  void drop_retired();
  void clear();

 private:
  static constexpr std::uint64_t kFirstKey = std::uint64_t{1} << 32;  // Generation 1.
  struct Watch {
    std::uint32_t generation = 0;
    unsigned readiness = 0;
    EventLoop::FdHandler handler;
    std::unique_ptr<Watch> next = nullptr;  // Once it is retired.
  };
  Watch* find(int fd) const;
  bool is_current(std::uint64_t key) const;
  int control(int operation, int fd, const Watch& watch) const;
  void retire(std::unique_ptr<Watch> watch);

  int epoll_fd_;
  std::uint32_t last_generation_ = 0;
  std::vector<std::unique_ptr<Watch>> watches_;  // By descriptor.
  std::unique_ptr<Watch> retired_;               // The first of a list.
  bool left_behind_ = false;                     // A registration could not be removed.
  bool reports_what_is_gone_ = false;
};

}  // namespace azure::iot::device
