#include "pipeline/mqtt_answers.hpp"

#include <string>

#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

Error connack_error(int code) {
  switch (code) {
    case 1:
      return Error(Errc::protocol_client,
                   "the server refused protocol version MQTT 3.1.1 (CONNACK 1)");
    case 2:
      return Error(Errc::protocol_client,
                   "the server refused the client id, which the device id is part of (CONNACK 2)");
    case 3: return Error(Errc::connection_failed, "the server is unavailable (CONNACK 3)");
    case 4:
      return Error(Errc::unauthorized, "the server refused user name or password (CONNACK 4)");
    case 5: return Error(Errc::unauthorized, "the server did not authorize the client (CONNACK 5)");
    default:
      return Error(Errc::protocol_client,
                   "the server answered with a CONNACK code that MQTT 3.1.1 "
                   "does not know: " +
                       std::to_string(code));
  }
}

Error suback_error(std::string_view topic) {
  return Error(Errc::protocol_client, "the server refused the subscription to " +
                                          escaped(topic, kLongestQuote) +
                                          " (SUBACK 0x80); is the client permitted to it?");
}

}  // namespace azure::iot::device
