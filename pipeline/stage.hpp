#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "event.hpp"
#include "nucleus.hpp"
#include "operation.hpp"

namespace azure::iot::device {

class PendingOps;

// One link of the chain. Operations come from above, events from below; a stage passes on those
// that it does not handle. Everything runs on the pipeline's loop, so a stage needs no lock.
//
// A stage of an application derives from Stage, or from Handles below. It may throw anywhere, also
// from a continuation, while it is being closed, and below a stage that throws. The operation is
// then completed with `Errc::abandoned`, once, and the text goes up as a background error, once.
// The stage has to run its own posted work and timer callbacks through `guard`.
class Stage {
 public:
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  // The name by which other stages are placed before or after it: the name of its type.
  virtual std::string_view name() const = 0;

  // Passes an operation to the stage, as the stage above does. A closed stage refuses it.
  void enter(OpPtr&& op) {
    if (closed_) return refuse_entry(std::move(op));
    try {
      run_op(std::move(op));
    } catch (...) {
      report_thrown();
    }
  }
  // Passes an event to the stage, as the stage below does.
  void receive(const Event& event);

 protected:
  // Both pass on by default. Override them only for rules that apply to any operation or event.
  virtual void run_op(OpPtr op) { send_op_down(std::move(op)); }
  virtual void handle_event(const Event& event) { send_event_up(event); }
  // Called when the stage is closed. Cancel timers here; operations held in PendingOps fail by
  // themselves.
  virtual void on_close() {}

  void send_op_down(OpPtr&& op) {
    if (below_) return below_->enter(std::move(op));
    complete_unhandled(std::move(op));
  }
  void send_event_up(const Event& event);
  // Reports an error that belongs to no call to the application.
  void report_background_error(Error error);
  // Calls `f`. Reports an exception from it, or from a continuation that runs meanwhile, as a
  // background error. Use it wherever the chain is entered from outside: in a timer, posted work or
  // an answer of the transport.
  template <class F>
  void guard(F&& f) {
    const AtWork at_work(*this);
    try {
      f();
    } catch (...) {
      report_thrown();
    }
  }

  Nucleus& nucleus() const { return *nucleus_; }
  EventLoop& loop() const { return nucleus_->loop; }

 private:
  friend class Pipeline;
  friend class PendingOps;
  friend void complete(OpPtr op, Error error) noexcept;

  // Marks this stage's chain as active on this thread until the end of the scope.
  class AtWork {
   public:
    explicit AtWork(Stage& stage);
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;
    ~AtWork();

   private:
    Stage* const before_;
  };

  // Both are called from a catch clause.
  void report_thrown() noexcept;
  static void report_continuation() noexcept;

  void refuse_entry(OpPtr op);
  void complete_unhandled(OpPtr op);
  void close(const Error& why);
  std::string_view safe_name() const noexcept;

  Stage* above_ = nullptr;
  Stage* below_ = nullptr;
  Nucleus* nucleus_ = nullptr;
  PendingOps* first_pending_ = nullptr;
  bool closed_ = false;
};

// Lists of the operations and events that a stage handles.
template <class... T>
struct Ops {};
template <class... T>
struct Events {};

// A stage that lists the types it handles. `Self` has `void run(Owned<T> op)` for each operation
// and `void on(const T& event)` for each event of the lists. Other operations and events are passed
// on.
template <class Self, class OpList, class EventList = Events<>>
class Handles;

template <class Self, class... O, class... E>
class Handles<Self, Ops<O...>, Events<E...>> : public Stage {
 protected:
  void run_op(OpPtr op) final {
    if (!(run_if<O>(op) || ...)) send_op_down(std::move(op));
  }
  void handle_event(const Event& event) final {
    if (!(on_if<E>(event) || ...)) send_event_up(event);
  }

 private:
  template <class T>
  bool run_if(OpPtr& op) {
    if (op->type() != type_id<T>()) return false;
    static_cast<Self*>(this)->run(Owned<T>(static_cast<T*>(op.release())));
    return true;
  }
  template <class T>
  bool on_if(const Event& event) {
    if (event.type() != type_id<T>()) return false;
    static_cast<Self*>(this)->on(static_cast<const T&>(event));
    return true;
  }
};

}  // namespace azure::iot::device
