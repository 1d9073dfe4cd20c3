#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace azure::iot::device {

// The elements of an array that was a temporary. They belong to this object, and are read as those
// of a named array are. Unlike a vector it does not convert to a std::span, which would outlive it.
//
//   for (const Json& tag : client.get_twin()["tags"].elements()) use(tag.as_string());
template <class T>
class OwnElements {
 public:
  // Moves as a pointer does, but is not contiguous for the library, which makes spans of those.
  using Iterator = std::reverse_iterator<std::reverse_iterator<const T*>>;
  using value_type = T;

  OwnElements() = default;
  explicit OwnElements(std::vector<T> elements) : elements_(std::move(elements)) {}

  std::size_t size() const { return elements_.size(); }
  bool empty() const { return elements_.empty(); }
  Iterator begin() const& { return at(0); }
  Iterator end() const& { return at(size()); }
  void begin() const&& = delete;
  void end() const&& = delete;
  const T& operator[](std::size_t index) const& { return elements_[index]; }
  T operator[](std::size_t index) && { return std::move(elements_[index]); }
  const T& front() const& { return elements_.front(); }
  T front() && { return std::move(elements_.front()); }
  const T& back() const& { return elements_.back(); }
  T back() && { return std::move(elements_.back()); }

  operator std::vector<T>() && { return std::move(elements_); }

 private:
  Iterator at(std::size_t index) const {
    return Iterator(std::reverse_iterator<const T*>(elements_.data() + index));
  }

  std::vector<T> elements_;
};

}  // namespace azure::iot::device
