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

bool refuses_credentials(void* handle, int code, long status) {
  constexpr long kUnauthorized = 401;  // Of some, tinyproxy among them.
  constexpr long kProxyAuthenticationRequired = 407;
  if (status == kUnauthorized || status == kProxyAuthenticationRequired) return true;
  if (code != CURLE_PROXY) return false;
  long reason = 0;
  curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_PROXY_ERROR, &reason);
  switch (reason) {
    case CURLPX_USER_REJECTED:
    case CURLPX_NO_AUTH:
    case CURLPX_IDENTD:
    case CURLPX_IDENTD_DIFFER: return true;
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
  if (refuses_credentials(handle, code, status)) {
    return Error(Errc::protocol_proxy,
                 proxy + " refuses the user name and password; check both in proxy_options");
  }
  const std::string answer = status != 0 ? "it answered with " + std::to_string(status) : reason;
  return Error(Errc::protocol_proxy, proxy + " makes no connection to " + server + ": " + answer +
                                         "; check that it allows that host and port");
}

}  // namespace azure::iot::device
