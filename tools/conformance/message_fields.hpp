#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "iothub/models/message.hpp"

namespace azure::iot::device::conformance {

// The texts of a message, under the names that all kinds of recordings use.
inline constexpr std::array<std::pair<std::string_view, std::optional<std::string> Message::*>, 9>
    kMessageFields{{
        {"message_id", &Message::message_id},
        {"correlation_id", &Message::correlation_id},
        {"user_id", &Message::user_id},
        {"content_type", &Message::content_type},
        {"content_encoding", &Message::content_encoding},
        {"expiry_time_utc", &Message::expiry_time_utc},
        {"ack", &Message::ack},
        {"input_name", &Message::input_name},
        {"output_name", &Message::output_name},
    }};

}  // namespace azure::iot::device::conformance
