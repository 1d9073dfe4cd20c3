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

// The operations that a stage holds: the only place where one may rest. A held operation fails with
// `Errc::timed_out` at its deadline, and with the reason of the closing when its stage is closed.
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
  // Holds until `when`; `resume` receives it then, unless its deadline has come, which wins a tie.
  OpKey hold_until(OpPtr op, SteadyTime when, std::function<void(OpPtr)> resume);

  // Gives an operation back. Null if it is not held any more: the answer came late.
  OpPtr take(OpKey key);
  template <class T>
  Owned<T> take(OpKey key) {
    OpPtr op = take(key);
    return Owned<T>(static_cast<T*>(op.release()));
  }
  // Looks at an operation without taking it; null if it is not held.
  Operation* find(OpKey key) const;
  // The oldest of which `wanted` is true; no key if there is none.
  OpKey find_first(const std::function<bool(Operation&)>& wanted) const;
  bool holds(OpKey key) const { return find(key) != nullptr; }

  // Gives back the oldest; null if nothing is held.
  OpPtr take_oldest() { return take(oldest_key()); }
  // Everything, oldest first. What is held while the result is worked through is not part of it.
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
