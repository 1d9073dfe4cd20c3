#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace azure::iot::device {

// A piece of work that runs once, on a loop. It links itself into the loop's queue, so that posting
// an object that exists anyway (an operation, say) costs no allocation.
class PostedWork {
 public:
  virtual ~PostedWork() = default;
  // Runs on the loop's thread. Owns itself: it is gone, or somebody else's, when this returns.
  virtual void run() = 0;
  // The loop ended before it came to this work.
  virtual void discard() = 0;

 private:
  friend class WorkQueue;
  PostedWork* next_ = nullptr;
};

// Any callable as posted work.
template <class F>
class PostedCall final : public PostedWork {
 public:
  explicit PostedCall(F f) : f_(std::move(f)) {}
  void run() override {
    const std::unique_ptr<PostedCall> self(this);
    f_();
  }
  void discard() override { delete this; }

 private:
  F f_;
};

}  // namespace azure::iot::device
