#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace azure::iot::device {

// A piece of work that runs once, on a loop. It links itself into the loop's queue, so that posting
// an existing object, such as an operation, costs no allocation.
class PostedWork {
 public:
  virtual ~PostedWork() = default;
  // Runs on the loop's thread. The object owns itself: when this returns, it is destroyed or has
  // another owner.
  virtual void run() = 0;
  // Called instead of `run` if the loop ends first.
  virtual void discard() = 0;

 private:
  friend class WorkList;
  friend class WorkQueue;
  PostedWork* next_ = nullptr;
};

// A list of work, linked through the work itself. One thread.
class WorkList {
 public:
  bool empty() const { return first_ == nullptr; }
  void push(PostedWork* work) { append(work, work); }
  // Takes ownership of a chain that ends with `last`.
  void append(PostedWork* first, PostedWork* last) {
    (last_ ? last_->next_ : first_) = first;
    last_ = last;
  }
  // The oldest; null if there is none.
  PostedWork* pop() {
    PostedWork* const work = first_;
    if (!work) return nullptr;
    first_ = std::exchange(work->next_, nullptr);
    if (!first_) last_ = nullptr;
    return work;
  }

 private:
  PostedWork* first_ = nullptr;
  PostedWork* last_ = nullptr;
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
