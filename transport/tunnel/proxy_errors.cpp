#include "transport/tunnel/proxy_errors.hpp"

#include <string>

#include <curl/curl.h>

namespace azure::iot::device {
namespace {

std::string host_and_port(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

// Returns the status with which the proxy answered the CONNECT; 0 if it did not answer.
long connect_status(void* handle) {
  long status = 0;
  curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_HTTP_CONNECTCODE, &status);
  return status;
}

// Returns the reply of a SOCKS proxy as a CURLPX_...; CURLPX_OK if there is none.
long socks_reply(void* handle, int code) {
  long reply = CURLPX_OK;
  if (code == CURLE_PROXY) {
    curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_PROXY_ERROR, &reply);
  }
  return reply;
}

bool refuses_credentials(long status, long reply) {
  constexpr long kUnauthorized = 401;  // From some proxies, tinyproxy among them.
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

// Whether the proxy or the network closed the connection before an answer came. A proxy of another
// type often hangs up.
bool hangs_up(int code, long status, long reply) {
  switch (reply) {
    case CURLPX_CLOSED:
    case CURLPX_RECV_ADDRESS:
    case CURLPX_RECV_AUTH:
    case CURLPX_RECV_CONNECT:
    case CURLPX_RECV_REQACK:
    case CURLPX_SEND_AUTH:
    case CURLPX_SEND_CONNECT:
    case CURLPX_SEND_REQUEST: return true;
    default: break;
  }
  return status == 0 &&
         (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING);
}

// Whether the answer belongs to another protocol.
bool speaks_otherwise(int code, long reply) {
  switch (reply) {
    case CURLPX_BAD_ADDRESS_TYPE:
    case CURLPX_BAD_VERSION:
    case CURLPX_UNKNOWN_FAIL:
    case CURLPX_UNKNOWN_MODE: return true;
    default: return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL;
  }
}

// Whether the proxy works, but cannot reach the server, perhaps only for the moment.
bool does_not_reach(long status, long reply) {
  constexpr long kInternalError = 500;  // From tinyproxy, if no server listens.
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

// Describes the proxy's reply about the server, from RFC 1928 section 6 and SOCKS4.
std::string answer_text(long status, long reply, const std::string& otherwise) {
  if (status != 0) return "it answered with " + std::to_string(status);
  switch (reply) {
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE: return "it failed, and does not say why";
    case CURLPX_REPLY_NOT_ALLOWED: return "its rules do not allow it";
    case CURLPX_REPLY_NETWORK_UNREACHABLE: return "it has no way to that network";
    case CURLPX_REPLY_HOST_UNREACHABLE: return "it does not find that host, or has no way to it";
    case CURLPX_REPLY_CONNECTION_REFUSED: return "nothing listens there";
    case CURLPX_REPLY_TTL_EXPIRED: return "the way there is too long";
    case CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED: return "it takes no names, or no such addresses";
    case CURLPX_REPLY_COMMAND_NOT_SUPPORTED: return "it makes no connections";
    case CURLPX_REQUEST_FAILED: return "it refused, or failed, and does not say which";
    case CURLPX_RESOLVE_HOST: return "SOCKS4 takes an IPv4 address, and the host has none";
    default: return otherwise;
  }
}

}  // namespace

Error proxy_error(const Route& route, void* handle, int code) {
  const std::string server = host_and_port(route.hostname, route.port);
  const std::string reason = curl_easy_strerror(static_cast<CURLcode>(code));
  const std::string proxy = name_of(*route.proxy);
  const std::string kind(kind_of(route.proxy->type));
  const long status = connect_status(handle);
  const long reply = socks_reply(handle, code);
  if (refuses_credentials(status, reply)) {
    return Error(Errc::protocol_proxy,
                 proxy + (shows_credentials(*route.proxy)
                              ? " refuses the user name and password; check both in proxy_options"
                              : " wants a user name and password; give both in proxy_options"));
  }
  constexpr long kRefusal = 300;  // And above.
  if (code == CURLE_ABORTED_BY_CALLBACK && status < kRefusal) {
    return Error(Errc::protocol_proxy,
                 proxy + " gives an answer without end; check its type and port in proxy_options");
  }
  if (hangs_up(code, status, reply)) {
    return Error(Errc::connection_failed, proxy +
                                              " hung up instead of answering; if that goes on, "
                                              "check that it is " +
                                              kind + ", as proxy_options say");
  }
  if (speaks_otherwise(code, reply)) {
    return Error(Errc::protocol_proxy, proxy + " does not answer as " + kind +
                                           " does; check its type and port in proxy_options");
  }
  const std::string answer = answer_text(status, reply, reason);
  if (does_not_reach(status, reply)) {
    return Error(Errc::connection_failed, proxy + " does its part, but does not reach " + server +
                                              ": " + answer +
                                              "; check that the host name and the port are right");
  }
  // SOCKS4 has one reply for temporary and permanent failures. Retrying in vain is the lesser harm.
  const bool may_pass = reply == CURLPX_REQUEST_FAILED;
  return Error(may_pass ? Errc::connection_failed : Errc::protocol_proxy,
               proxy + " makes no connection to " + server + ": " + answer +
                   "; check that it allows that host and port");
}

}  // namespace azure::iot::device
