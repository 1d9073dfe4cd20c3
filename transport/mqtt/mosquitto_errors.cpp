#include "transport/mqtt/mosquitto_errors.hpp"

#include <cerrno>
#include <cstring>

#include <mosquitto.h>

#include "transport/tls/handshake_error.hpp"

namespace azure::iot::device {
namespace {

// "connection reset by peer", or libmosquitto's text for its code.
std::string reason_text(int rc, int error_number) {
  const bool from_system = rc == MOSQ_ERR_ERRNO && error_number != 0;
  return from_system ? std::strerror(error_number) : mosquitto_strerror(rc);
}

}  // namespace

Error call_error(const std::string& what, int rc, int error_number) {
  switch (rc) {
    case MOSQ_ERR_NO_CONN:
      return Error(Errc::no_connection, what + " needs a connection, and there is none");
    case MOSQ_ERR_INVAL:
      return Error(Errc::protocol_client, what +
                                              ": the topic must be 1 to 65535 bytes long and, "
                                              "to be published to, free of + and #");
    case MOSQ_ERR_MALFORMED_UTF8:
      return Error(Errc::protocol_client, what + ": the text must be valid UTF-8");
    case MOSQ_ERR_PAYLOAD_SIZE:
      return Error(Errc::protocol_client, what + ": the payload must not exceed 268435455 bytes");
    default: return Error(Errc::protocol_client, what + ": " + reason_text(rc, error_number));
  }
}

Error drop_error(int rc, int error_number) {
  switch (rc) {
    case MOSQ_ERR_KEEPALIVE:
      return Error(Errc::connection_dropped,
                   "the server did not answer for the length of the keep-alive");
    case MOSQ_ERR_PROTOCOL:
      return Error(Errc::protocol_client, "the server broke the MQTT protocol");
    case MOSQ_ERR_CONN_LOST:
      return Error(Errc::connection_dropped, "the server, or the network, closed the connection");
    case MOSQ_ERR_ERRNO:
      // Without an errno, or with EPROTO, TLS ended abnormally.
      if (error_number == 0 || error_number == EPROTO) {
        return Error(Errc::connection_dropped, "the TLS connection broke off");
      }
      [[fallthrough]];
    default:
      return Error(Errc::connection_dropped,
                   "the connection was lost: " + reason_text(rc, error_number));
  }
}

Error dial_error(const std::string& server, int rc, int error_number, unsigned long openssl_error) {
  if (rc == MOSQ_ERR_INVAL || rc == MOSQ_ERR_MALFORMED_UTF8) {
    return Error(Errc::protocol_client,
                 "the user name must be valid UTF-8 of at most 65535 bytes, free of NUL");
  }
  if (rc == MOSQ_ERR_PROTOCOL) {
    return Error(Errc::protocol_client, "what answers at " + server + " does not speak MQTT 3.1.1");
  }
  if (openssl_error != 0 || rc == MOSQ_ERR_TLS) return handshake_error(server, openssl_error);
  if (rc == MOSQ_ERR_CONN_LOST || (rc == MOSQ_ERR_ERRNO && error_number == 0)) {
    return Error(Errc::connection_failed, server + " closed the connection at once");
  }
  if (rc == MOSQ_ERR_ERRNO && error_number == ECONNREFUSED) {
    return Error(Errc::connection_failed,
                 "nothing accepts connections at " + server + ": " + std::strerror(error_number));
  }
  return Error(Errc::connection_failed,
               server + " cannot be reached: " + reason_text(rc, error_number));
}

}  // namespace azure::iot::device
