#pragma once

#include "../../pipeline/error.hpp"
#include "route.hpp"

namespace azure::iot::device {

// Explains why a proxy made no connection, by the party at fault. A proxy that hangs up, or does
// not reach the server, may recover: connection_failed. A proxy of another type, one that refuses
// the credentials, or one that must not connect to the server gives protocol_proxy. `handle` is
// libcurl's, and `code` is its result. Contains no password.
Error proxy_error(const Route& route, void* handle, int code);

}  // namespace azure::iot::device
