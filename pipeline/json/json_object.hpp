#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"

namespace azure::iot::device {

// The members of an object in their order. Few are searched one by one; many have an index ordered
// by name, which no choice of names can make slow.
class Json::Object {
 public:
  const std::vector<Member>& members() const { return members_; }

  // Null if there is no member of that name.
  Json* find(std::string_view name) noexcept;
  void set(std::string name, Json value);
  bool erase(std::string_view name) noexcept;

  // Adds a member whose name may be there already. Once all are added, `settle` drops the earlier
  // values of each such name; in between there is no searching.
  void append(std::string name) { members_.push_back({std::move(name), Json()}); }
  Json& last_value() { return members_.back().value; }
  void settle();

  // A copy with null for each value.
  ObjectBox with_names_only() const;
  // Members that may be changed, for copying and taking apart; their names must stay.
  std::vector<Member>& mutable_members() { return members_; }
  // Where the members stand, ordered by name.
  std::vector<std::uint32_t> order_by_name() const;

 private:
  static constexpr std::size_t kIndexedAbove = 16;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  std::vector<std::uint32_t>::const_iterator lower_bound(std::string_view name) const;
  std::size_t position(std::string_view name) const noexcept;
  bool names_differ() const;
  void keep_last_of_each_name(const std::vector<std::uint32_t>& order);

  std::vector<Member> members_;
  std::vector<std::uint32_t> by_name_;  // Empty up to kIndexedAbove members.
};

}  // namespace azure::iot::device
