// Reads temporaries: each call moves out the part that it returns, so that no reference to the
// temporary remains.
#include "pipeline/json/json.hpp"
#include "pipeline/json/json_object.hpp"

namespace azure::iot::device {

std::string Json::as_string() && {
  static_cast<void>(std::as_const(*this).as_string());
  return std::move(std::get<std::string>(content_));
}

OwnElements<Json> Json::elements() && {
  static_cast<void>(std::as_const(*this).elements());
  return OwnElements<Json>(std::move(std::get<Array>(content_)));
}

OwnElements<Json> Json::elements() const&& {
  const std::span<const Json> all = elements();
  return OwnElements<Json>(Array(all.begin(), all.end()));
}

Json::Members Json::members() && {
  static_cast<void>(std::as_const(*this).members());
  return std::get<ObjectBox>(content_)->take_members();
}

Json::Members Json::members() const&& { return members(); }

Found<Json> Json::find(std::string_view name) && {
  Json* const found = find(name);
  return found ? Found<Json>(std::move(*found)) : Found<Json>();
}

Found<Json> Json::find(std::string_view name) const&& {
  const Json* const found = find(name);
  return found ? Found<Json>(*found) : Found<Json>();
}

Json Json::set(std::string_view name, Json value) && {
  return std::move(set(name, std::move(value)));
}

Json Json::push_back(Json element) && { return std::move(push_back(std::move(element))); }

}  // namespace azure::iot::device
