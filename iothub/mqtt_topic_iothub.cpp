#include "iothub/mqtt_topic_iothub.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "pipeline/text/text.hpp"
#include "pipeline/text/topic_properties.hpp"
#include "pipeline/text/url.hpp"

namespace azure::iot::device::mqtt_topic_iothub {
namespace {

constexpr std::string_view kMethods = "$iothub/methods/POST";
constexpr std::string_view kTwinResponses = "$iothub/twin/res/";
constexpr std::string_view kTwinPatches = "$iothub/twin/PATCH/properties/desired";

std::string get_topic_base(std::string_view device_id, std::string_view module_id) {
  std::string base = "devices/";
  base += device_id;
  if (!module_id.empty()) {
    base += "/modules/";
    base += module_id;
  }
  return base;
}

// Returns whether the topic contains the concatenation of the parts, without building it.
bool contains_in_a_row(std::string_view topic, std::initializer_list<std::string_view> parts) {
  const std::string_view first = *parts.begin();
  for (std::size_t at = topic.find(first); at != std::string_view::npos;
       at = topic.find(first, at + 1)) {
    std::string_view rest = topic.substr(at);
    const bool all = std::all_of(parts.begin(), parts.end(), [&rest](std::string_view part) {
      if (!rest.starts_with(part)) return false;
      rest.remove_prefix(part.size());
      return true;
    });
    if (all) return true;
  }
  return false;
}

// Returns the level of a topic, counted from 0; levels are separated by slashes.
std::optional<std::string_view> level(std::string_view topic, std::size_t index) {
  return nth_part(topic, '/', index);
}

Error malformed(std::string_view expected) {
  return Error(Errc::bad_content,
               "topic has incorrect format: " + std::string(expected) + " was expected");
}

// Returns the request id from the text after the first question mark, up to a second one.
Result<std::string> get_request_id(std::string_view topic, std::string_view expected) {
  const std::size_t question_mark = topic.find('?');
  if (question_mark == std::string_view::npos) return malformed(expected);
  std::string_view bag = topic.substr(question_mark + 1);
  bag = bag.substr(0, bag.find('?'));

  std::optional<std::string> request_id;
  for (bool more = true; more;) {
    TopicProperty property = take_topic_property(bag, more);
    if (!property.has_value) return malformed(expected);
    const std::size_t name = std::min(property.name.find_first_not_of('$'), property.name.size());
    if (std::string_view(property.name).substr(name) == "rid") {
      request_id = std::move(property.value);
    }
  }
  if (!request_id) return malformed(expected);
  return *std::move(request_id);
}

constexpr std::string_view kMethodForm = "$iothub/methods/POST/{name}/?$rid={request id}";
constexpr std::string_view kTwinResponseForm = "$iothub/twin/res/{status}/?$rid={request id}";

// Returns the field of a message that has this name in a topic; null for a custom property.
std::optional<std::string>* find_system_property(Message& message, std::string_view name) {
  if (name == "$.mid") return &message.message_id;
  if (name == "$.cid") return &message.correlation_id;
  if (name == "$.uid") return &message.user_id;
  if (name == "$.ct") return &message.content_type;
  if (name == "$.ce") return &message.content_encoding;
  if (name == "$.exp") return &message.expiry_time_utc;
  if (name == "iothub-ack") return &message.ack;
  return nullptr;
}

// Writes properties as they appear in a topic; without a text to write to, it only counts.
class PropertyWriter {
 public:
  explicit PropertyWriter(std::string* to) : to_(to) {}

  void write_set(std::string_view name, const std::optional<std::string>& value) {
    if (value && !value->empty()) write(name, value);
  }

  void write(std::string_view name, const std::optional<std::string>& value) {
    if (!first_) append_raw('&');
    first_ = false;
    append(name);
    if (!value) return;
    append_raw('=');
    append(*value);
  }

  std::size_t size() const { return size_; }

 private:
  void append_raw(char c) {
    ++size_;
    if (to_) *to_ += c;
  }
  void append(std::string_view text) {
    if (to_) {
      url::append_quoted(*to_, text);
    } else {
      size_ += url::quoted_size(text);
    }
  }

  std::string* to_;
  std::size_t size_ = 0;
  bool first_ = true;
};

void write_sorted(const CustomProperties& properties, PropertyWriter& writer) {
  using Pointer = const CustomProperties::Property*;
  constexpr std::size_t kUsual = 32;
  std::array<Pointer, kUsual> few;
  std::vector<Pointer> many;
  if (properties.size() > kUsual) many.resize(properties.size());
  Pointer* const sorted = many.empty() ? few.data() : many.data();
  Pointer* end = sorted;
  for (const auto& property : properties) *end++ = &property;
  std::sort(sorted, end, [](Pointer a, Pointer b) { return a->first < b->first; });
  for (Pointer* at = sorted; at != end; ++at) writer.write((*at)->first, (*at)->second);
}

void write_system_properties(const Message& message, PropertyWriter& writer) {
  writer.write_set("$.on", message.output_name);
  writer.write_set("$.mid", message.message_id);
  writer.write_set("$.cid", message.correlation_id);
  writer.write_set("$.uid", message.user_id);
  writer.write_set("$.ct", message.content_type);
  writer.write_set("$.ce", message.content_encoding);
  writer.write_set("$.ifid", message.iothub_interface_id);
  writer.write_set("$.exp", message.expiry_time_utc);
}

}  // namespace

std::string get_c2d_topic_for_subscribe(std::string_view device_id) {
  return get_topic_base(device_id, {}) + "/messages/devicebound/#";
}

std::string get_input_topic_for_subscribe(std::string_view device_id, std::string_view module_id) {
  return get_topic_base(device_id, module_id) + "/inputs/#";
}

std::string get_method_topic_for_subscribe() { return std::string(kMethods) + "/#"; }

std::string get_twin_response_topic_for_subscribe() { return std::string(kTwinResponses) + "#"; }

std::string get_twin_patch_topic_for_subscribe() { return std::string(kTwinPatches) + "/#"; }

std::string get_telemetry_topic_for_publish(std::string_view device_id,
                                            std::string_view module_id) {
  return get_topic_base(device_id, module_id) + "/messages/events/";
}

std::string get_method_topic_for_publish(std::string_view request_id, int status) {
  return "$iothub/methods/res/" + std::to_string(status) + "/?$rid=" + url::quote(request_id);
}

std::string get_twin_topic_for_publish(std::string_view method, std::string_view resource_location,
                                       std::string_view request_id) {
  std::string topic = "$iothub/twin/";
  topic += method;
  topic += resource_location;
  topic += "?$rid=";
  url::append_quoted(topic, request_id);
  return topic;
}

bool is_c2d_topic(std::string_view topic, std::string_view device_id) {
  return contains_in_a_row(topic, {"devices/", device_id, "/messages/devicebound"});
}

bool is_input_topic(std::string_view topic, std::string_view device_id,
                    std::string_view module_id) {
  if (device_id.empty() || module_id.empty()) return false;
  return contains_in_a_row(topic, {"devices/", device_id, "/modules/", module_id, "/inputs/"});
}

bool is_method_topic(std::string_view topic) {
  return topic.find(kMethods) != std::string_view::npos;
}

bool is_twin_response_topic(std::string_view topic) { return topic.starts_with(kTwinResponses); }

bool is_twin_desired_property_patch_topic(std::string_view topic) {
  return topic.starts_with(kTwinPatches);
}

HubTopic classify_topic(std::string_view topic, std::string_view device_id,
                        std::string_view module_id) {
  if (is_c2d_topic(topic, device_id)) return HubTopic::c2d;
  if (is_input_topic(topic, device_id, module_id)) return HubTopic::input;
  if (is_method_topic(topic)) return HubTopic::methods;
  if (is_twin_response_topic(topic)) return HubTopic::twin_response;
  if (is_twin_desired_property_patch_topic(topic)) return HubTopic::twin_patch;
  return HubTopic::unknown;
}

Result<std::string> get_input_name_from_topic(std::string_view topic) {
  const auto name = level(topic, 5);
  if (!name || level(topic, 4) != "inputs") {
    return malformed("devices/{device id}/modules/{module id}/inputs/{name}");
  }
  return url::unquote(*name);
}

Result<std::string> get_method_name_from_topic(std::string_view topic) {
  const auto name = level(topic, 3);
  if (!is_method_topic(topic) || !name) return malformed(kMethodForm);
  return url::unquote(*name);
}

Result<std::string> get_method_request_id_from_topic(std::string_view topic) {
  if (!is_method_topic(topic) || !level(topic, 3)) return malformed(kMethodForm);
  return get_request_id(topic, kMethodForm);
}

Result<std::string> get_twin_request_id_from_topic(std::string_view topic) {
  if (!is_twin_response_topic(topic)) return malformed(kTwinResponseForm);
  return get_request_id(topic, kTwinResponseForm);
}

Result<std::string> get_twin_status_code_from_topic(std::string_view topic) {
  if (!is_twin_response_topic(topic)) return malformed(kTwinResponseForm);
  return url::unquote(level(topic, 3).value_or(""));
}

Error extract_message_properties_from_topic(std::string_view topic, Message& message) {
  std::optional<std::string_view> bag;
  if (level(topic, 4) == "inputs") {
    bag = level(topic, 6);
  } else if (level(topic, 3) == "devicebound") {
    bag = level(topic, 4);
  } else {
    return malformed("devices/{device id}/messages/devicebound/{properties} or an input's topic");
  }
  if (!bag || bag->empty()) return {};

  for (bool more = true; more;) {
    TopicProperty property = take_topic_property(*bag, more);
    if (property.name == "$.to") continue;  // It repeats the topic.
    std::optional<std::string> value;
    if (property.has_value) value = std::move(property.value);
    if (auto* system_property = find_system_property(message, property.name)) {
      *system_property = std::move(value);
    } else {
      message.custom_properties[property.name] = std::move(value);
    }
  }
  return {};
}

std::string encode_message_properties_in_topic(const Message& message, std::string_view base) {
  // A few properties usually fit into this. Counting them first would cost more than letting the
  // text grow in the other cases.
  constexpr std::size_t kUsual = 120;
  constexpr std::size_t kFew = 8;
  const bool few = message.custom_properties.size() <= kFew;
  std::string topic;
  topic.reserve(base.size() + (few ? kUsual : get_encoded_properties_size(message)));
  topic += base;
  PropertyWriter writer(&topic);
  write_system_properties(message, writer);
  write_sorted(message.custom_properties, writer);
  return topic;
}

std::size_t get_encoded_properties_size(const Message& message) {
  PropertyWriter counter(nullptr);
  write_system_properties(message, counter);
  for (const auto& [name, value] : message.custom_properties) counter.write(name, value);
  return counter.size();
}

}  // namespace azure::iot::device::mqtt_topic_iothub
