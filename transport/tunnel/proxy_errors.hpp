#pragma once

#include <string>
#include <string_view>

#include "../../pipeline/error.hpp"
#include "route.hpp"

namespace azure::iot::device {

// Why libcurl made no connection, told apart by who is at fault: the proxy cannot be reached or
// hangs up (connection_failed: it may come back), is none of its type, refuses the credentials, or
// does not reach the server or must not (protocol_proxy). `handle` is libcurl's, `code` how it
// ended. Shows no password.
Error proxy_error(const Route& route, void* handle, int code);

// For texts: "the proxy at proxy.example.com:3128", "a SOCKS5 proxy".
std::string name_of(const ProxyOptions& proxy);
std::string_view kind_of(ProxyType type);

}  // namespace azure::iot::device
