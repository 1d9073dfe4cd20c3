#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../pipeline/proxy_options.hpp"

// What is taken as in Python though it hardly serves. The checks of options collect it, and whoever
// makes a client of them has the log tell of it.
namespace azure::iot::device::detail {

using Warnings = std::vector<std::string>;

// Warns of more than 1177 s: IoT Hub does not wait for that long.
void warn_of_keep_alive(Warnings& warnings, std::chrono::seconds keep_alive);
// With an empty key, or a life of nothing, every token is refused.
void warn_of_token(Warnings& warnings, std::string_view symmetric_key,
                   std::chrono::seconds sastoken_ttl);
void warn_of_id_scope(Warnings& warnings, std::string_view id_scope);
// Warns of what the proxy is not shown.
void warn_of_proxy(Warnings& warnings, const std::optional<ProxyOptions>& proxy);

void log_warnings(std::string_view client_id, const Warnings& warnings);

}  // namespace azure::iot::device::detail
