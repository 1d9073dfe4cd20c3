#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "name_hash.hpp"

namespace azure::iot::device {

// The name of an entry; an entry of another type brings its own `name_of`.
template <class Value>
const std::string& name_of(const std::pair<std::string, Value>& entry) {
  return entry.first;
}
template <class Value>
void name_of(const std::pair<std::string, Value>&& entry) = delete;

// Entries in the order in which they were added, each with a unique name. A short list is searched
// linearly; a long one has an index, so that adding, finding and erasing take constant time.
// Erasing from a long list leaves a gap; the gaps are closed once they are half of the list.
// References and iterators are valid until the next change. A temporary list returns its entries by
// value.
template <class Entry>
class NamedList {
 public:
  class Iterator;
  using value_type = Entry;

  NamedList() = default;
  // The names must differ.
  NamedList(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) add(entry);
  }
  NamedList(const NamedList& other) { assign(other); }
  NamedList(NamedList&&) noexcept = default;
  NamedList& operator=(const NamedList& other) { return *this = NamedList(other); }
  NamedList& operator=(NamedList&&) noexcept = default;
  ~NamedList() = default;

  std::size_t size() const { return entries_.size() - (index_ ? index_->gaps : 0); }
  bool empty() const { return size() == 0; }
  Iterator begin() const& { return {this, gap_at(0) ? gap_at(0) : 0}; }
  Iterator end() const& { return {this, entries_.size()}; }
  void begin() const&& = delete;
  void end() const&& = delete;
  const Entry& front() const& { return *begin(); }
  Entry front() && { return take(front()); }
  Entry front() const&& { return front(); }
  const Entry& back() const& { return *std::prev(end()); }
  Entry back() && { return take(back()); }
  Entry back() const&& { return back(); }
  // The entry at that position. After entries were erased, iterators are faster.
  const Entry& operator[](std::size_t at) const& {
    const bool has_gaps = index_ && index_->gaps > 0;
    return has_gaps ? *std::next(begin(), static_cast<std::ptrdiff_t>(at)) : entries_[at];
  }
  Entry operator[](std::size_t at) && { return take((*this)[at]); }
  Entry operator[](std::size_t at) const&& { return (*this)[at]; }

  // Returns null if there is no entry of that name.
  Entry* find(std::string_view name) & {
    const std::size_t at = position(name);
    return at == kNowhere ? nullptr : &entries_[at];
  }
  const Entry* find(std::string_view name) const& {
    return const_cast<NamedList*>(this)->find(name);
  }
  const Entry* find(std::string_view name) const&& = delete;
  // Adds an entry at the end. Its name must be new.
  Entry& add(Entry entry) & {
    const std::size_t wanted = entries_.size() + 1;
    const bool full = index_ ? 2 * wanted > index_->slots.size() : wanted > kSearchedUpTo;
    if (full) reindex(wanted);
    entries_.push_back(std::move(entry));
    if (index_) note(entries_.size() - 1);
    return entries_.back();
  }
  // Returns false if there was no entry of that name.
  bool erase(std::string_view name) noexcept {
    const std::size_t at = position(name);
    if (at == kNowhere) return false;
    if (!index_) {
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
      return true;
    }
    leave_gap(at);
    if (index_->gaps > entries_.size() / 2) reindex(size());
    return true;
  }
  void clear() { *this = NamedList(); }

  // The stored entries, including gaps, for destruction. Their names must not change.
  std::span<Entry> storage() & { return entries_; }
  // Removes the last stored entry. From then on the list may only be destroyed.
  void drop_last_stored() { entries_.pop_back(); }

  bool operator==(const NamedList& other) const {
    return size() == other.size() && std::equal(begin(), end(), other.begin());
  }

 private:
  static constexpr std::size_t kSearchedUpTo = 16;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  struct Index {
    // Positions by hash, each in the slot of its hash or in the next free one. 0 is a free slot, 1
    // the first position. At most half of the slots are used.
    std::vector<std::uint32_t> slots;
    // By position: 0 for an entry. In a run of gaps, the first element holds the position after the
    // run, and the last holds the first position plus one.
    std::vector<std::uint32_t> runs;
    std::size_t gaps = 0;
  };

  // Takes an entry of a list that is destroyed afterwards.
  Entry take(const Entry& entry) { return std::move(const_cast<Entry&>(entry)); }

  // Returns 0 if the position holds an entry or is past the end.
  std::size_t gap_at(std::size_t at) const {
    return index_ && at < entries_.size() ? index_->runs[at] : 0;
  }

  void assign(const NamedList& other) {
    entries_.assign(other.begin(), other.end());
    if (entries_.size() > kSearchedUpTo) reindex(entries_.size());
  }

  std::size_t slot_of(std::string_view name) const {
    return static_cast<std::size_t>(hash_name(name)) & (index_->slots.size() - 1);
  }
  std::size_t next_slot(std::size_t slot) const { return (slot + 1) & (index_->slots.size() - 1); }

  std::size_t position(std::string_view name) const {
    if (!index_) {
      for (std::size_t at = 0; at < entries_.size(); ++at) {
        if (name_of(entries_[at]) == name) return at;
      }
      return kNowhere;
    }
    for (std::size_t slot = slot_of(name); index_->slots[slot] != 0; slot = next_slot(slot)) {
      const std::size_t at = index_->slots[slot] - 1;
      if (!gap_at(at) && name_of(entries_[at]) == name) return at;
    }
    return kNowhere;
  }

  // Reuses the slot of an erased entry. Otherwise adding and erasing one name would fill the index.
  void note(std::size_t at) {
    std::size_t slot = slot_of(name_of(entries_[at]));
    while (index_->slots[slot] != 0 && !gap_at(index_->slots[slot] - 1)) slot = next_slot(slot);
    index_->slots[slot] = static_cast<std::uint32_t>(at + 1);
  }

  // Rebuilds the index, without gaps, for that many entries. Allocates nothing if they are fewer
  // than before.
  void reindex(std::size_t wanted) {
    std::size_t slots = 4 * kSearchedUpTo;
    while (slots < 4 * wanted) slots *= 2;
    if (!index_) index_ = make_index(slots);
    index_->slots.reserve(slots);
    index_->runs.reserve(slots / 2);
    if (index_->gaps > 0) close_gaps();
    if (wanted <= kSearchedUpTo) return index_.reset();
    index_->slots.assign(slots, 0);
    index_->runs.assign(slots / 2, 0);
    for (std::size_t at = 0; at < entries_.size(); ++at) note(at);
  }

  static std::unique_ptr<Index> make_index(std::size_t slots) {
    auto made = std::make_unique<Index>();
    made->slots.assign(slots, 0);
    made->runs.assign(slots / 2, 0);
    return made;
  }

  void close_gaps() {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < entries_.size(); ++at) {
      if (gap_at(at)) continue;
      if (at != kept) entries_[kept] = std::move(entries_[at]);
      ++kept;
    }
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(kept), entries_.end());
    index_->gaps = 0;
  }

  void leave_gap(std::size_t at) {
    entries_[at] = Entry();
    auto& runs = index_->runs;
    const std::size_t first = at > 0 && gap_at(at - 1) ? gap_at(at - 1) - 1 : at;
    const std::size_t behind = gap_at(at + 1) ? gap_at(at + 1) : at + 1;
    runs[at] = 1;  // Any value but 0, if it joins two runs.
    runs[first] = static_cast<std::uint32_t>(behind);
    runs[behind - 1] = static_cast<std::uint32_t>(first + 1);
    ++index_->gaps;
  }

  std::vector<Entry> entries_;
  std::unique_ptr<Index> index_;  // Null while there are few.
};

// Iterates over the entries in order, in either direction.
template <class Entry>
class NamedList<Entry>::Iterator {
 public:
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using pointer = const Entry*;
  using reference = const Entry&;

  Iterator() = default;
  Iterator(const NamedList* list, std::size_t at) : list_(list), at_(at) {}

  reference operator*() const { return list_->entries_[at_]; }
  pointer operator->() const { return &**this; }
  Iterator& operator++() {
    ++at_;
    if (const std::size_t behind = list_->gap_at(at_)) at_ = behind;
    return *this;
  }
  Iterator operator++(int) { return std::exchange(*this, std::next(*this)); }
  Iterator& operator--() {
    --at_;
    if (const std::size_t first = list_->gap_at(at_)) at_ = first - 2;  // Before the run.
    return *this;
  }
  Iterator operator--(int) { return std::exchange(*this, std::prev(*this)); }
  bool operator==(const Iterator&) const = default;

 private:
  const NamedList* list_ = nullptr;
  std::size_t at_ = 0;
};

}  // namespace azure::iot::device
