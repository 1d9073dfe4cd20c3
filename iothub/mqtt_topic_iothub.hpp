#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../pipeline/result.hpp"
#include "models/message.hpp"

namespace azure::iot::device {

// The kind of a topic on which a message arrived.
enum class HubTopic { c2d, input, methods, twin_response, twin_patch, unknown };

}  // namespace azure::iot::device

// Builds and parses the MQTT topics of IoT Hub. Pure functions, any thread. Device and module ids
// appear unencoded in a topic; all other parts are percent-encoded. An empty module id means a
// device. A malformed topic is an Error with Errc::bad_content.
namespace azure::iot::device::mqtt_topic_iothub {

std::string get_c2d_topic_for_subscribe(std::string_view device_id);
std::string get_input_topic_for_subscribe(std::string_view device_id, std::string_view module_id);
std::string get_method_topic_for_subscribe();
std::string get_twin_response_topic_for_subscribe();
std::string get_twin_patch_topic_for_subscribe();

std::string get_telemetry_topic_for_publish(std::string_view device_id, std::string_view module_id);
std::string get_method_topic_for_publish(std::string_view request_id, int status);
// `method` is "GET" or "PATCH", `resource_location` "/" or "/properties/reported/".
std::string get_twin_topic_for_publish(std::string_view method, std::string_view resource_location,
                                       std::string_view request_id);

// As in Python, the first three search for their text anywhere in the topic, the last two at its
// start.
bool is_c2d_topic(std::string_view topic, std::string_view device_id);
bool is_input_topic(std::string_view topic, std::string_view device_id, std::string_view module_id);
bool is_method_topic(std::string_view topic);
bool is_twin_response_topic(std::string_view topic);
bool is_twin_desired_property_patch_topic(std::string_view topic);
// Returns the first of these kinds that matches, in this order.
HubTopic classify_topic(std::string_view topic, std::string_view device_id,
                        std::string_view module_id);

Result<std::string> get_input_name_from_topic(std::string_view topic);
Result<std::string> get_method_name_from_topic(std::string_view topic);
Result<std::string> get_method_request_id_from_topic(std::string_view topic);
Result<std::string> get_twin_request_id_from_topic(std::string_view topic);
// Returns the status as text; parse_decimal (pipeline/text/decimal.hpp) converts it to a number.
Result<std::string> get_twin_status_code_from_topic(std::string_view topic);

// Sets the properties of a received message from its topic.
Error extract_message_properties_from_topic(std::string_view topic, Message& message);

// Returns the topic `base`, as built by get_telemetry_topic_for_publish, followed by the message's
// properties. Custom properties are ordered by name. A property without a value is written as its
// bare name (unlike Python, which writes "None"). With up to 32 custom properties, only the result
// is allocated.
std::string encode_message_properties_in_topic(const Message& message, std::string_view base);
// Returns the number of bytes of the properties in that topic.
std::size_t get_encoded_properties_size(const Message& message);

}  // namespace azure::iot::device::mqtt_topic_iothub
