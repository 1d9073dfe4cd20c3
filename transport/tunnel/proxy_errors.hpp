#pragma once

#include "../../pipeline/error.hpp"
#include "route.hpp"

namespace azure::iot::device {

// Why a proxy made no connection, told apart by who is at fault: the proxy hangs up
// (connection_failed: it may come back), is none of its type, refuses the credentials, or
// does not reach the server or must not (protocol_proxy). `handle` is libcurl's, `code` how it
// ended. Shows no password.
Error proxy_error(const Route& route, void* handle, int code);

}  // namespace azure::iot::device
