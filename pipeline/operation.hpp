#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"
#include "loop/task.hpp"
#include "loop/time.hpp"

namespace azure::iot::device {

class Operation;

// Deleter of operations. An operation destroyed before all its continuations have run is completed
// with `Errc::abandoned`.
struct Abandon {
  void operator()(Operation* op) const noexcept;
};

// Sole ownership of an operation. The owner ends by sending it down, completing it or holding it.
template <class T>
using Owned = std::unique_ptr<T, Abandon>;
using OpPtr = Owned<Operation>;

// Completes an operation, by default with success. The continuation that was added last receives
// it, and completes it in turn. After the last continuation the operation is destroyed. An
// exception from a continuation does not reach the caller: its text goes up the chain that is
// active on this thread as a background error. The operation is then abandoned, unless it was
// completed.
void complete(OpPtr op, Error error = {}) noexcept;

// Identifies a type of operation or event.
using TypeId = const void*;
template <class T>
inline constexpr char kTypeTag = 0;
template <class T>
constexpr TypeId type_id() {
  return &kTypeTag<T>;
}

// A callback that receives an operation on its way back: a function of (OpPtr, Error). It has room
// for captures of three pointers, and trivially copyable captures are moved without a call.
class Continuation {
 public:
  static constexpr std::size_t kRoom = 3 * sizeof(void*);

  Continuation() = default;
  // Only on an empty continuation.
  template <class F>
  void set(F f) {
    static_assert(sizeof(F) <= kRoom && alignof(F) <= alignof(void*),
                  "Capture at most three pointers; what else is needed belongs on the operation.");
    static_assert(std::is_nothrow_move_constructible_v<F>,
                  "A continuation moves with its operation, which must not fail.");
    ::new (static_cast<void*>(room_)) F(std::move(f));
    invoke_ = &invoke<F>;
    if constexpr (!std::is_trivially_copyable_v<F>) relocate_ = &relocate<F>;
  }
  Continuation(Continuation&& other) noexcept { take(other); }
  Continuation& operator=(Continuation&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Continuation() { reset(); }

  void operator()(OpPtr&& op, Error&& error) { invoke_(room_, std::move(op), std::move(error)); }

 private:
  template <class F>
  static void invoke(std::byte* room, OpPtr&& op, Error&& error) {
    (*std::launder(reinterpret_cast<F*>(room)))(std::move(op), std::move(error));
  }
  // Moves to `to`, or only destroys if `to` is null.
  template <class F>
  static void relocate(std::byte* from, std::byte* to) {
    F* f = std::launder(reinterpret_cast<F*>(from));
    if (to) ::new (static_cast<void*>(to)) F(std::move(*f));
    f->~F();
  }
  void take(Continuation& other) {
    invoke_ = std::exchange(other.invoke_, nullptr);
    relocate_ = std::exchange(other.relocate_, nullptr);
    if (relocate_) {
      relocate_(other.room_, room_);
    } else {
      std::memcpy(room_, other.room_, kRoom);
    }
  }
  void reset() {
    if (relocate_) relocate_(room_, nullptr);
    relocate_ = nullptr;
  }

  void (*invoke_)(std::byte*, OpPtr&&, Error&&) = nullptr;
  void (*relocate_)(std::byte*, std::byte*) = nullptr;
  alignas(void*) std::byte room_[kRoom] = {};
};

// The entry point of a pipeline for operations from other threads.
class Entrance {
 public:
  virtual ~Entrance() = default;
  virtual void enter(OpPtr op) = 0;
};

// A request to a pipeline: inputs, then results, and no methods that act. Derive from OperationOf.
// Create one with `make_op` or `make_worker`.
class Operation : private PostedWork {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  virtual std::string_view name() const = 0;
  TypeId type() const { return type_; }

  // Whether the operation requires a connection.
  bool needs_connection = false;
  // The time at which it fails with `Errc::timed_out`. The stage that holds the operation enforces
  // it.
  SteadyTime deadline = kNever;

  // Adds a continuation. It runs before those added earlier, and owns the operation: f(OpPtr op,
  // Error error).
  template <class F>
  void then(F f) {
    next_free().set(std::move(f));
  }
  // True once every continuation has been taken out to run.
  bool finished() const { return count_ == 0; }

 protected:
  explicit Operation(TypeId type) : type_(type) {}
  ~Operation() override = default;

 private:
  friend struct Abandon;
  friend class PendingOps;
  friend class Pipeline;
  friend void complete(OpPtr op, Error error) noexcept;

  Continuation& next_free();
  Continuation pop();

  // PostedWork: enters the pipeline that the operation was submitted to.
  void run() override;
  void discard() override;

  // No operation of the hub's chain has more than four continuations; those of a longer chain spill
  // into `more_`.
  std::array<Continuation, 4> first_;
  std::vector<Continuation> more_;
  std::size_t count_ = 0;
  TypeId type_;
  std::shared_ptr<Entrance> entrance_;
};

// Base of an operation type T, which names itself in `T::kName`.
template <class T>
class OperationOf : public Operation {
 public:
  static constexpr TypeId kType = &kTypeTag<T>;
  std::string_view name() const final { return T::kName; }

  // As Operation::then; `f` may also take the operation by its own type: f(Owned<T> op, Error
  // error).
  template <class F>
  void then(F f) {
    if constexpr (std::is_invocable_v<F&, OpPtr, Error>) {
      Operation::then(std::move(f));
    } else {
      Operation::then([f = std::move(f)](OpPtr op, Error error) mutable {
        f(Owned<T>(static_cast<T*>(op.release())), std::move(error));
      });
    }
  }

 protected:
  OperationOf() : Operation(kType) {}
};

template <class T, class... Args>
Owned<T> make_op(Args&&... args) {
  return Owned<T>(new T(std::forward<Args>(args)...));
}

// Creates an operation that does the work of another. Its completion completes the parent, and it
// has the parent's deadline.
template <class T, class P, class... Args>
Owned<T> make_worker(Owned<P> parent, Args&&... args) {
  auto worker = make_op<T>(std::forward<Args>(args)...);
  worker->deadline = parent->deadline;
  worker->then([held = OpPtr(std::move(parent))](OpPtr, Error error) mutable {
    complete(std::move(held), std::move(error));
  });
  return worker;
}

// Returns the operation as a T. If it has another type, returns null and leaves `op` as it is.
template <class T>
Owned<T> op_cast(OpPtr& op) {
  if (!op || op->type() != type_id<T>()) return nullptr;
  return Owned<T>(static_cast<T*>(op.release()));
}

}  // namespace azure::iot::device
