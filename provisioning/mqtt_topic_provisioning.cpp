#include "provisioning/mqtt_topic_provisioning.hpp"

#include <optional>

#include "pipeline/text/text.hpp"
#include "pipeline/text/topic_properties.hpp"
#include "pipeline/text/url.hpp"

namespace azure::iot::device::mqtt_topic_provisioning {
namespace {

constexpr std::string_view kBase = "$dps/registrations/";
constexpr std::string_view kResponses = "$dps/registrations/res/";

Error malformed() {
  return Error(Errc::bad_content,
               "topic has incorrect format: "
               "$dps/registrations/res/{status}/?$rid={request id} was expected");
}

}  // namespace

std::string get_register_topic_for_subscribe() { return std::string(kResponses) + "#"; }

std::string get_register_topic_for_publish(std::string_view request_id) {
  return std::string(kBase) + "PUT/iotdps-register/?$rid=" + url::quote(request_id);
}

std::string get_query_topic_for_publish(std::string_view request_id,
                                        std::string_view operation_id) {
  return std::string(kBase) + "GET/iotdps-get-operationstatus/?$rid=" + url::quote(request_id) +
         "&operationId=" + url::quote(operation_id);
}

bool is_dps_response_topic(std::string_view topic) {
  return topic.find(kResponses) != std::string_view::npos;
}

// The bag is what follows the second dollar sign, up to a third.
Result<Properties> extract_properties_from_dps_response_topic(std::string_view topic) {
  std::optional<std::string_view> bag = nth_part(topic, '$', 2);
  if (!bag || bag->empty()) return malformed();
  Properties properties;
  for (bool more = true; more;) {
    TopicProperty property = take_topic_property(*bag, more);
    if (!property.has_value) return malformed();
    auto* const earlier = properties.find(property.name);
    if (!earlier) {
      properties.add({std::move(property.name), std::move(property.value)});
    } else if (earlier->second.empty()) {
      earlier->second = std::move(property.value);
    } else {
      return Error(Errc::bad_content, "Duplicate keys in DPS response topic");
    }
  }
  return properties;
}

const std::string* find_property(const Properties& properties, std::string_view name) {
  const auto* const found = properties.find(name);
  return found ? &found->second : nullptr;
}

Result<std::string> extract_status_code_from_dps_response_topic(std::string_view topic) {
  const auto path = nth_part(topic, '$', 1);
  if (!path) return malformed();
  const auto status = nth_part(*path, '/', 3);
  if (!status) return malformed();
  return url::unquote(*status);
}

}  // namespace azure::iot::device::mqtt_topic_provisioning
