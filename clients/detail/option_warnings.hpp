#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../pipeline/proxy_options.hpp"

// Warnings about options that are accepted as in Python but are of little use. The checks of
// options collect them. They are logged when a client is created from the options.
namespace azure::iot::device::detail {

using Warnings = std::vector<std::string>;

// Warns of more than 1177 s, which IoT Hub does not wait for.
void warn_of_keep_alive(Warnings& warnings, std::chrono::seconds keep_alive);
// Warns of an empty key, or of a lifetime of zero or less: every token is refused then.
void warn_of_token(Warnings& warnings, std::string_view symmetric_key,
                   std::chrono::seconds sastoken_ttl);
void warn_of_id_scope(Warnings& warnings, std::string_view id_scope);
// Warns of credentials that are not sent to the proxy.
void warn_of_proxy(Warnings& warnings, const std::optional<ProxyOptions>& proxy);

void log_warnings(std::string_view client_id, const Warnings& warnings);

}  // namespace azure::iot::device::detail
