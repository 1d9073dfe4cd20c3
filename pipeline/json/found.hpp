#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace azure::iot::device {

// The result of a search in a temporary: the value itself, moved out, or nothing. It is used like
// the pointer that the same search in a named value returns.
//
//   if (const auto interval = client.get_twin()["desired"].find("interval")) use(*interval);
template <class T>
class [[nodiscard]] Found {
 public:
  Found() = default;
  Found(T value) : value_(std::move(value)) {}  // NOLINT: a value was found.

  explicit operator bool() const { return value_.has_value(); }
  bool has_value() const { return value_.has_value(); }
  bool operator==(std::nullptr_t) const { return !value_; }

  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T operator*() && { return *std::move(value_); }
  T operator*() const&& { return *value_; }
  T* operator->() & { return &*value_; }
  const T* operator->() const& { return &*value_; }
  T* operator->() && = delete;  // The value is destroyed before it can be used: name it first.
  const T* operator->() const&& = delete;
  T value_or(T other) && { return value_ ? *std::move(value_) : std::move(other); }
  T value_or(T other) const& { return value_ ? *value_ : std::move(other); }

  operator std::optional<T>() && { return std::move(value_); }
  operator std::optional<T>() const& { return value_; }

 private:
  std::optional<T> value_;
};

}  // namespace azure::iot::device
