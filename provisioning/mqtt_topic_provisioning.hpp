#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "../pipeline/result.hpp"
#include "../pipeline/text/named_list.hpp"

// The MQTT topics of the Device Provisioning Service: builds those of requests, parses those of
// responses. Pure text, any thread. A topic that cannot be read is an Error with Errc::bad_content.
namespace azure::iot::device::mqtt_topic_provisioning {

std::string get_register_topic_for_subscribe();
std::string get_register_topic_for_publish(std::string_view request_id);
std::string get_query_topic_for_publish(std::string_view request_id, std::string_view operation_id);

// As in Python, looks for the text anywhere in the topic.
bool is_dps_response_topic(std::string_view topic);

// The properties in a response's topic, in their order: "rid", and "retry-after" where the service
// sent one. A name that occurs twice is an error, unless its first value is empty.
using Properties = NamedList<std::pair<std::string, std::string>>;
Result<Properties> extract_properties_from_dps_response_topic(std::string_view topic);
// The value of a property; null if it is not there.
const std::string* find_property(const Properties& properties, std::string_view name);

// The text in the place of the status; parse_decimal (pipeline/text/decimal.hpp) turns it into a
// number.
Result<std::string> extract_status_code_from_dps_response_topic(std::string_view topic);

}  // namespace azure::iot::device::mqtt_topic_provisioning
