#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "../../pipeline/mqtt_transport.hpp"
#include "../../pipeline/pipeline_config.hpp"
#include "../resolver.hpp"

namespace azure::iot::device {

struct MosquittoTransportOptions {
  // Null: the system's.
  std::shared_ptr<Resolver> resolver;
  // For name resolution, TCP, TLS and CONNACK together, whatever the number of addresses.
  Duration connect_timeout = std::chrono::seconds{30};
  // How long a DISCONNECT may wait for the network to take it.
  Duration disconnect_timeout = std::chrono::seconds{1};
  // More than this in one packet from the server ends the connection.
  std::size_t max_packet_size = std::size_t{1} << 20;
};

// What the library was built without and one of these would need; the factory refuses it too.
Error missing_tunnel(bool websockets, const std::optional<ProxyOptions>& proxy_options);

// Whether a connection could be secured like this: an error (Errc::bad_content) names what cannot
// be used of the trusted certificates, the cipher list, or the client's certificate, key and pass
// phrase. The factory makes the same check.
Error check_security(const PipelineConfig& config);

// Makes transports that speak MQTT 3.1.1 over TLS with libmosquitto. (Python: MQTTTransport.)
MqttTransportFactory make_mosquitto_transport_factory(MosquittoTransportOptions options = {});

}  // namespace azure::iot::device
