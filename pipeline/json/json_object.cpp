#include "pipeline/json/json_object.hpp"

#include <algorithm>
#include <numeric>

namespace azure::iot::device {

Json* Json::Object::find(std::string_view name) noexcept {
  const std::size_t at = position(name);
  return at == kNowhere ? nullptr : &members_[at].value;
}

void Json::Object::set(std::string name, Json value) {
  if (Json* old = find(name)) {
    *old = std::move(value);
    return;
  }
  if (!by_name_.empty()) {
    by_name_.insert(lower_bound(name), static_cast<std::uint32_t>(members_.size()));
  }
  members_.push_back({std::move(name), std::move(value)});
  if (by_name_.empty() && members_.size() > kIndexedAbove) by_name_ = order_by_name();
}

bool Json::Object::erase(std::string_view name) noexcept {
  const std::size_t at = position(name);
  if (at == kNowhere) return false;
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(at));
  std::erase(by_name_, at);
  for (std::uint32_t& other : by_name_) {
    if (other > at) --other;
  }
  return true;
}

void Json::Object::settle() {
  if (members_.size() <= kIndexedAbove && names_differ()) return;
  std::vector<std::uint32_t> order = order_by_name();
  const auto same_name = [this](std::uint32_t a, std::uint32_t b) {
    return members_[a].name == members_[b].name;
  };
  if (std::adjacent_find(order.begin(), order.end(), same_name) != order.end()) {
    keep_last_of_each_name(order);
    order = order_by_name();
  }
  if (members_.size() > kIndexedAbove) by_name_ = std::move(order);
}

Json::ObjectBox Json::Object::with_names_only() const {
  ObjectBox copy(new Object());
  copy->members_.reserve(members_.size());
  for (const Member& member : members_) copy->append(member.name);
  copy->by_name_ = by_name_;
  return copy;
}

std::vector<std::uint32_t> Json::Object::order_by_name() const {
  std::vector<std::uint32_t> order(members_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    const int compared = members_[a].name.compare(members_[b].name);
    return compared != 0 ? compared < 0 : a < b;
  });
  return order;
}

std::vector<std::uint32_t>::const_iterator Json::Object::lower_bound(std::string_view name) const {
  return std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [this](std::uint32_t at, std::string_view wanted) { return members_[at].name < wanted; });
}

std::size_t Json::Object::position(std::string_view name) const noexcept {
  if (by_name_.empty()) {
    for (std::size_t at = 0; at < members_.size(); ++at) {
      if (members_[at].name == name) return at;
    }
    return kNowhere;
  }
  const auto found = lower_bound(name);
  return found != by_name_.end() && members_[*found].name == name ? *found : kNowhere;
}

bool Json::Object::names_differ() const {
  for (std::size_t i = 1; i < members_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members_[i].name == members_[j].name) return false;
    }
  }
  return true;
}

// The last value of a name moves to where the name came first, as in a Python dict.
void Json::Object::keep_last_of_each_name(const std::vector<std::uint32_t>& order) {
  std::vector<bool> superfluous(members_.size());
  for (std::size_t i = 0; i < order.size();) {
    const std::uint32_t first = order[i];
    std::size_t next = i + 1;
    while (next < order.size() && members_[order[next]].name == members_[first].name) {
      superfluous[order[next++]] = true;
    }
    if (next - i > 1) members_[first].value = std::move(members_[order[next - 1]].value);
    i = next;
  }
  std::vector<Member> kept;
  kept.reserve(members_.size());
  for (std::size_t at = 0; at < members_.size(); ++at) {
    if (!superfluous[at]) kept.push_back(std::move(members_[at]));
  }
  members_ = std::move(kept);
}

}  // namespace azure::iot::device
