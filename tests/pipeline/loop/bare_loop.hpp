#pragma once

#include "pipeline/loop/event_loop.hpp"

namespace azure::iot::device {

// A loop with a visible queue, whose clocks are set individually.
class BareLoop final : public EventLoop {
 public:
  SteadyTime now() const override { return now_; }
  SteadyTime steady_now() const override { return now_; }
  WallTime wall_now() const override { return wall_; }
  bool in_loop_thread() const override { return true; }
  void post_work(PostedWork* work) override { work->discard(); }
  void before_waiting(PostedWork* work) override { work->discard(); }
  void watch(int, unsigned, FdHandler) override {}
  void change_watch(int, unsigned) override {}
  void unwatch(int) override {}
  using EventLoop::timers;
  SteadyTime now_{std::chrono::hours(1)};
  WallTime wall_{};
};

}  // namespace azure::iot::device
