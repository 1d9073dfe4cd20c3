#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "event_loop.hpp"

namespace azure::iot::device {

// The descriptors that an epoll instance watches, and their handlers. Each registration has a
// generation. It keeps an event of a descriptor that was closed meanwhile from reaching the handler
// of another descriptor with the same number.
class FdWatches {
 public:
  explicit FdWatches(int epoll_fd) : epoll_fd_(epoll_fd) {}

  // As in EventLoop. Throw std::system_error if the system refuses the descriptor.
  void watch(int fd, unsigned readiness, EventLoop::FdHandler handler);
  void change(int fd, unsigned readiness);
  void unwatch(int fd);

  // Returns whether a key reported by epoll may belong to a watch; smaller keys are free for other
  // uses.
  static bool owns(std::uint64_t key) { return key >= kFirstKey; }
  // Calls the handler for a key. If the handler throws, the exception is rethrown and the handler
  // is not called again: the readiness stays, and most likely the cause too.
  void dispatch(std::uint64_t key, std::uint32_t epoll_events);
  // Returns whether epoll has reported a descriptor that was closed here without being unwatched.
  // While a forked child keeps it open, its registration cannot be removed.
  bool reports_what_is_gone() const { return reports_what_is_gone_; }
  // Registers all descriptors with another epoll instance. Handlers of descriptors that are closed
  // are called with kHangUp.
  void move_to(int epoll_fd);

  // Destroys handlers that were replaced or unwatched. They live until then because they may be
  // running.
  void drop_retired();
  void clear();

 private:
  static constexpr std::uint64_t kFirstKey = std::uint64_t{1} << 32;  // Generation 1.
  struct Watch {
    std::uint32_t generation = 0;
    unsigned readiness = 0;
    EventLoop::FdHandler handler;
    std::unique_ptr<Watch> next = nullptr;  // Links retired watches.
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
