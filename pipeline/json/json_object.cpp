#include "pipeline/json/json_object.hpp"

#include <algorithm>

namespace azure::iot::device {

Json::ObjectBox Json::Object::with_names_only() const {
  ObjectBox copy(new Object());
  for (const Member& member : members_) copy->members_.add({member.name, Json()});
  return copy;
}

std::vector<const JsonMember*> Json::Object::ordered_by_name() const {
  std::vector<const Member*> ordered;
  ordered.reserve(members_.size());
  for (const Member& member : members_) ordered.push_back(&member);
  std::sort(ordered.begin(), ordered.end(),
            [](const Member* a, const Member* b) { return a->name < b->name; });
  return ordered;
}

}  // namespace azure::iot::device
