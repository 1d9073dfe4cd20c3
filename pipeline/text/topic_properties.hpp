#pragma once

#include <string>
#include <string_view>

#include "text.hpp"
#include "url.hpp"

namespace azure::iot::device {

// One entry of a property bag in a topic, "name=value", decoded.
struct TopicProperty {
  std::string name;
  std::string value;
  bool has_value = false;  // Whether there was an equals sign.
};

// Removes the next entry from a property bag, "a=1&b=2", as take_part does. As in Python, text
// after a second equals sign is ignored, and a plus sign does not mean a blank.
inline TopicProperty take_topic_property(std::string_view& rest, bool& more) {
  std::string_view entry = take_part(rest, '&', more);
  TopicProperty property;
  property.name = url::unquote(take_part(entry, '=', property.has_value));
  if (property.has_value) {
    bool ignored = false;
    property.value = url::unquote(take_part(entry, '=', ignored));
  }
  return property;
}

}  // namespace azure::iot::device
