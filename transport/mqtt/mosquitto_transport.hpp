#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "../../pipeline/mqtt_transport.hpp"
#include "../../pipeline/pipeline_config.hpp"
#include "../resolver.hpp"

namespace azure::iot::device {

struct MosquittoTransportOptions {
  // Null: the system's resolver.
  std::shared_ptr<Resolver> resolver;
  // Covers name resolution, TCP, TLS and the CONNACK together, regardless of the number of
  // addresses.
  Duration connect_timeout = std::chrono::seconds{30};
  // The time for which a DISCONNECT may wait for the network to accept it.
  Duration disconnect_timeout = std::chrono::seconds{1};
  // A larger packet from the server ends the connection.
  std::size_t max_packet_size = std::size_t{1} << 20;
};

// Returns an error if the arguments need a part that the library was built without. The factory
// makes the same check.
Error missing_tunnel(bool websockets, const std::optional<ProxyOptions>& proxy_options);

// Checks whether a connection can be secured like this. The error (Errc::bad_content) names the
// part that cannot be used: the trusted certificates, the cipher list, or the client's certificate,
// key or pass phrase. The factory makes the same check.
Error check_security(const PipelineConfig& config);

// Creates transports that speak MQTT 3.1.1 over TLS with libmosquitto. (Python: MQTTTransport.)
MqttTransportFactory make_mosquitto_transport_factory(MosquittoTransportOptions options = {});

}  // namespace azure::iot::device
