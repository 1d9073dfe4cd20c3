#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../pipeline/result.hpp"
#include "models/message.hpp"

namespace azure::iot::device {

// What a topic on which something arrived is about.
enum class HubTopic { c2d, input, methods, twin_response, twin_patch, unknown };

}  // namespace azure::iot::device

// The MQTT topics of IoT Hub: made for what is sent, read for what arrives. Pure text, any thread.
// Device and module ids stand in a topic as they are; everything else is percent-encoded. A module
// id that is empty means a device. What cannot be read is an Error with Errc::bad_content.
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

// As in Python, the first three look for their text anywhere in the topic, the last two at its
// start.
bool is_c2d_topic(std::string_view topic, std::string_view device_id);
bool is_input_topic(std::string_view topic, std::string_view device_id, std::string_view module_id);
bool is_method_topic(std::string_view topic);
bool is_twin_response_topic(std::string_view topic);
bool is_twin_desired_property_patch_topic(std::string_view topic);
// The first of these that holds, in this order.
HubTopic classify_topic(std::string_view topic, std::string_view device_id,
                        std::string_view module_id);

Result<std::string> get_input_name_from_topic(std::string_view topic);
Result<std::string> get_method_name_from_topic(std::string_view topic);
Result<std::string> get_method_request_id_from_topic(std::string_view topic);
Result<std::string> get_twin_request_id_from_topic(std::string_view topic);
// The text in the place of the status; parse_decimal (pipeline/text/decimal.hpp) makes a number of
// it.
Result<std::string> get_twin_status_code_from_topic(std::string_view topic);

// Sets on a received message what its topic says of it.
Error extract_message_properties_from_topic(std::string_view topic, Message& message);

// The topic `base`, as get_telemetry_topic_for_publish makes it, with the message's properties
// behind it. Custom properties are ordered by name; one without a value stands as its bare name
// (unlike Python, which writes "None"). Up to 32 of them, the result is all that is allocated.
std::string encode_message_properties_in_topic(const Message& message, std::string_view base);
// How many bytes of it the properties are.
std::size_t get_encoded_properties_size(const Message& message);

}  // namespace azure::iot::device::mqtt_topic_iothub
