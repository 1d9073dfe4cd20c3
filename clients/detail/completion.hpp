#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "../../pipeline/loop/escape.hpp"
#include "../../pipeline/result.hpp"

namespace azure::iot::device::detail {

// Outcome of a call: a Result, or for a call without a result an Error, which is empty on success.
template <class T>
using Outcome = std::conditional_t<std::is_void_v<T>, Error,
                                   Result<std::conditional_t<std::is_void_v<T>, char, T>>>;

// Callback for the end of a call. Called once, on the loop's thread, or on the caller's if the call
// is refused at once. One pointer wide, so that it fits into the continuation of an operation.
// Dropping it ends the call with `Errc::abandoned`.
template <class T>
class Completion {
 public:
  // A waiter that outlives the call: a blocking caller, a coroutine.
  class Target {
   public:
    virtual void complete(Outcome<T> outcome) noexcept = 0;

   protected:
    ~Target() = default;
  };

  explicit Completion(Target& target) : target_(&target) {}
  // Accepts any function of (Outcome<T>). An exception from it is logged.
  template <class F>
  requires std::is_invocable_v<F&, Outcome<T>>
  explicit Completion(F f) : target_(new Function<F>(std::move(f))) {}
  Completion(Completion&&) noexcept = default;
  Completion& operator=(Completion&&) noexcept = default;

  void operator()(Outcome<T> outcome) { target_.release()->complete(std::move(outcome)); }

 private:
  template <class F>
  class Function final : public Target {
   public:
    explicit Function(F f) : f_(std::move(f)) {}
    void complete(Outcome<T> outcome) noexcept override {
      const std::unique_ptr<Function> self(this);
      contain("the completion of a call", [&] { f_(std::move(outcome)); });
    }

   private:
    F f_;
  };

  struct Abandon {
    void operator()(Target* target) const noexcept {
      target->complete(Error(Errc::abandoned, "the call was dropped"));
    }
  };

  std::unique_ptr<Target, Abandon> target_;
};

}  // namespace azure::iot::device::detail
