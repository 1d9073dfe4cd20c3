#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <vector>

#include "loop/timer.hpp"
#include "op_key.hpp"
#include "operation.hpp"

namespace azure::iot::device {

class Stage;

// The operations that a stage holds; a stage must not hold one anywhere else. A held operation
// fails with `Errc::timed_out` at its deadline. If its stage is closed, it fails with the error
// passed to `close`.
//
//   const OpKey key = waiting_.hold(std::move(op));   // before calling out
//   if (OpPtr op = waiting_.take(key)) complete(std::move(op));
class PendingOps {
 public:
  // `what` completes the sentence "timed out while waiting ...": "for a connection". `why` returns
  // the cause of such an error, if one is known.
  PendingOps(Stage& stage, std::string_view what, std::function<Error()> why = {});
  PendingOps(const PendingOps&) = delete;
  PendingOps& operator=(const PendingOps&) = delete;
  ~PendingOps();

  OpKey hold(OpPtr op);
  // Holds an operation until `when`, then passes it to `resume`. If its deadline comes first, or at
  // the same time, it fails instead.
  OpKey hold_until(OpPtr op, SteadyTime when, std::function<void(OpPtr)> resume);

  // Returns a held operation, or null if it is not held any more because the answer came late.
  OpPtr take(OpKey key);
  template <class T>
  Owned<T> take(OpKey key) {
    OpPtr op = take(key);
    return Owned<T>(static_cast<T*>(op.release()));
  }
  // Returns an operation without taking it; null if it is not held.
  Operation* find(OpKey key) const;
  // Returns the key of the oldest operation for which `wanted` is true; an empty key if there is
  // none.
  OpKey find_first(const std::function<bool(Operation&)>& wanted) const;
  bool holds(OpKey key) const { return find(key) != nullptr; }

  // Takes the oldest operation; null if none is held.
  OpPtr take_oldest() { return take(oldest_key()); }
  // Takes all operations, oldest first. The result does not include operations held later, while
  // the caller processes it.
  std::vector<OpPtr> take_all();
  void fail_all(const Error& error);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  friend class Stage;
  struct Slot;

  OpKey oldest_key() const;
  Slot& new_slot(OpPtr op);
  void arm(Slot& slot, SteadyTime due);
  void on_due(Slot& slot);
  OpPtr release(Slot& slot);

  Stage& stage_;
  std::string_view what_;
  std::function<Error()> why_;
  PendingOps* next_ = nullptr;
  std::deque<Slot> slots_;
  Slot* oldest_ = nullptr;
  Slot* newest_ = nullptr;
  Slot* free_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace azure::iot::device
