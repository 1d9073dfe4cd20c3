#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "error.hpp"

namespace azure::iot::device {

// A value, or the Error that replaces it. A temporary returns its value by value, so `->` needs a
// Result with a name.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}     // NOLINT
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {  // NOLINT
    assert(std::get<1>(content_) && "a Result without a value needs an error");
  }
  Result(Errc code) : Result(Error(code)) {}  // NOLINT

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() & { return std::get<0>(content_); }
  const T& operator*() const& { return std::get<0>(content_); }
  T operator*() && { return std::get<0>(std::move(content_)); }
  T operator*() const&& { return std::get<0>(content_); }
  T* operator->() & { return &std::get<0>(content_); }
  const T* operator->() const& { return &std::get<0>(content_); }
  const T* operator->() const&& = delete;  // The value is destroyed before it can be used.

  // No error if there is a value.
  Error error() const { return content_.index() == 1 ? std::get<1>(content_) : Error{}; }

 private:
  std::variant<T, Error> content_;
};

}  // namespace azure::iot::device
