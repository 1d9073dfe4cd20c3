#pragma once

#include <chrono>
#include <string_view>

// What is taken as in Python though it hardly serves: the log tells of it when the client is made.
namespace azure::iot::device::detail {

// Warns of more than 1177 s: IoT Hub does not wait for that long.
void warn_of_keep_alive(std::string_view client_id, std::chrono::seconds keep_alive);
// With an empty key, or a life of nothing, every token is refused.
void warn_of_token(std::string_view client_id, std::string_view symmetric_key,
                   std::chrono::seconds sastoken_ttl);
void warn_of_id_scope(std::string_view registration_id, std::string_view id_scope);

}  // namespace azure::iot::device::detail
