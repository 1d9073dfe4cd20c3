#include "transport/tunnel/proxy_errors.hpp"

#include <cstring>
#include <string>

#include <curl/curl.h>

namespace azure::iot::device {
namespace {

std::string host_and_port(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

// The status with which a proxy answered a CONNECT; 0 if it did not.
long connect_status(void* handle) {
  long status = 0;
  curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_HTTP_CONNECTCODE, &status);
  return status;
}

// What a SOCKS proxy said, as a CURLPX_...; CURLPX_OK if nothing.
long socks_reply(void* handle, int code) {
  long reply = CURLPX_OK;
  if (code == CURLE_PROXY) {
    curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_PROXY_ERROR, &reply);
  }
  return reply;
}

bool refuses_credentials(long status, long reply) {
  constexpr long kUnauthorized = 401;  // Of some, tinyproxy among them.
  constexpr long kProxyAuthenticationRequired = 407;
  if (status == kUnauthorized || status == kProxyAuthenticationRequired) return true;
  switch (reply) {
    case CURLPX_USER_REJECTED:
    case CURLPX_NO_AUTH:
    case CURLPX_IDENTD:
    case CURLPX_IDENTD_DIFFER: return true;
    default: return false;
  }
}

// The proxy does its part, but the server is not there, or not for the moment.
bool does_not_reach(long status, long reply) {
  constexpr long kInternalError = 500;  // Of tinyproxy, if nobody listens at the server.
  constexpr long kBadGateway = 502, kUnavailable = 503, kGatewayTimeout = 504;
  switch (status) {
    case kInternalError:
    case kBadGateway:
    case kUnavailable:
    case kGatewayTimeout: return true;
    default: break;
  }
  switch (reply) {
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_CONNECTION_REFUSED:
    case CURLPX_REPLY_TTL_EXPIRED: return true;
    default: return false;
  }
}

}  // namespace

Error proxy_error(const Route& route, void* handle, int code) {
  const std::string server = host_and_port(route.hostname, route.port);
  const std::string reason = curl_easy_strerror(static_cast<CURLcode>(code));
  long number = 0;
  curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_OS_ERRNO, &number);
  const std::string cause = number != 0 ? std::strerror(static_cast<int>(number)) : reason;
  if (!route.proxy) {
    return Error(Errc::connection_failed, server + " cannot be reached: " + cause +
                                              "; check the network, the port and the firewall");
  }
  const std::string proxy =
      "the proxy at " + host_and_port(route.proxy->address, route.proxy->port);
  if (code == CURLE_COULDNT_CONNECT && connect_status(handle) == 0) {
    return Error(Errc::connection_failed,
                 proxy + " cannot be reached: " + cause + "; check its address and port");
  }
  const long status = connect_status(handle);
  const long reply = socks_reply(handle, code);
  if (refuses_credentials(status, reply)) {
    return Error(Errc::protocol_proxy,
                 proxy + " refuses the user name and password; check both in proxy_options");
  }
  const std::string answer = status != 0 ? "it answered with " + std::to_string(status) : reason;
  if (does_not_reach(status, reply)) {
    return Error(Errc::connection_failed, proxy + " does its part, but does not reach " + server +
                                              ": " + answer +
                                              "; check that the host name and the port are right");
  }
  return Error(Errc::protocol_proxy, proxy + " makes no connection to " + server + ": " + answer +
                                         "; check that it allows that host and port");
}

}  // namespace azure::iot::device
