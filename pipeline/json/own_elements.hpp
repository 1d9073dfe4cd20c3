#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace azure::iot::device {

// The elements of a temporary array. This object owns them; they are read as those of a named
// array. Unlike a vector, it does not convert to a std::span, which would outlive it.
//
//   for (const Json& tag : client.get_twin()["tags"].elements()) use(tag.as_string());
template <class T>
class OwnElements {
 public:
  // Behaves as a pointer, but does not count as a contiguous iterator, from which the standard
  // library creates spans.
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
