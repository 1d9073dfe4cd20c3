#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json.hpp"

namespace azure::iot::device {

// The members of an object.
class Json::Object {
 public:
  const Members& members() const { return members_; }

  const Json* find(std::string_view name) const {
    const Member* member = members_.find(name);
    return member ? &member->value : nullptr;
  }
  // Returns the value of that name, added as null if it is new.
  Json& place(std::string_view name) {
    if (Member* member = members_.find(name)) return member->value;
    return members_.add({std::string(name), Json()}).value;
  }
  bool erase(std::string_view name) noexcept { return members_.erase(name); }

  // For the parser: announces the name of the next value. If a name is repeated, its last value
  // takes the place of the first, as in a Python dict.
  void expect(std::string_view name) { expected_ = &place(name); }
  void take_expected(Json&& value) { *expected_ = std::move(value); }

  // Returns a copy with null for each value.
  ObjectBox with_names_only() const;
  // Write access to the members, for copying and destruction. Their names must not change.
  auto mutable_members() { return members_.storage(); }
  Members take_members() { return std::move(members_); }
  // Only before destruction.
  void drop_last_member() { members_.drop_last_stored(); }
  std::vector<const Member*> ordered_by_name() const;

 private:
  Members members_;
  Json* expected_ = nullptr;
};

}  // namespace azure::iot::device
