#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Rules of texts that become parts of topics, user names, client ids, tokens and headers. All are
// valid UTF-8 without control characters, since MQTT carries nothing else. The checks throw
// std::invalid_argument, which names the argument, the rule and the text. A text that may be a
// secret is not shown.
namespace azure::iot::device::detail {

// Largest sizes of a text in MQTT, and of a text that is one part of a user name.
inline constexpr std::size_t kLongestMqttText = 65535;
inline constexpr std::size_t kLongestInUserName = 64000;

// Returns the rule that a text breaks: "must be valid UTF-8". Returns nothing if MQTT can carry the
// text.
std::optional<std::string> broken_text_rule(std::string_view text,
                                            std::size_t longest = kLongestMqttText);

void check_text(std::string_view argument, std::string_view text,
                std::size_t longest = kLongestMqttText);

// Checks an id that a service knows: at most 128 characters.
void check_id(std::string_view argument, std::string_view id);
// Checks the id of a device or module at a hub. It is part of topics, where + and # are wildcards.
void check_hub_id(std::string_view argument, std::string_view id);

// Checks the name or the IP address of a host. A scheme, user, port or path is refused.
void check_host_name(std::string_view argument, std::string_view host);

// Checks a product info, which the user name holds in percent-encoding.
void check_product_info(std::string_view product_info);

}  // namespace azure::iot::device::detail
