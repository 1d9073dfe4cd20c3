#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The rules of texts that become parts of topics, user names, client ids, tokens and headers. All
// of them are valid UTF-8 without control characters, since MQTT carries nothing else. The checks
// throw std::invalid_argument naming the argument, the rule and the text.
namespace azure::iot::device::detail {

// The most that MQTT carries of a text, and of one that stands in a user name among others.
inline constexpr std::size_t kLongestMqttText = 65535;
inline constexpr std::size_t kLongestInUserName = 64000;

// The rule that a text breaks: "must be valid UTF-8"; nothing if it can be carried.
std::optional<std::string> broken_text_rule(std::string_view text,
                                            std::size_t longest = kLongestMqttText);

void check_text(std::string_view argument, std::string_view text,
                std::size_t longest = kLongestMqttText);

// An id that a service knows: at most 128 characters.
void check_id(std::string_view argument, std::string_view id);
// The id of a device or module at a hub. It stands in topics, where + and # are wildcards.
void check_hub_id(std::string_view argument, std::string_view id);

// The name or the IP address of a host, and nothing else: no scheme, user, port or path.
void check_host_name(std::string_view argument, std::string_view host);

// A product info stands percent-encoded in the user name.
void check_product_info(std::string_view product_info);

}  // namespace azure::iot::device::detail
