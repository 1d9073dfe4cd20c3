#include "launcher/broker_config.hpp"

#include <sstream>

#include <pwd.h>
#include <unistd.h>

namespace azure::iot::device::simulator {

namespace {

// Started by root, mosquitto would become another user and could not read its own files here.
std::string current_user() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "root";
}

struct Listener {
  std::uint16_t port;
  bool wants_certificate;
  bool websockets;
};

void add_listener(std::ostream& out, const BrokerConfig& config, const Listener& listener) {
  if (listener.port == 0) return;
  out << "listener " << listener.port << " " << config.address
      << "\n"
      // As the hub: a QoS 2 publish ends the connection, a QoS 2 subscription is granted QoS 1.
      << "max_qos 1\n"
      << "tls_version tlsv1.2\n"
      << "certfile " << config.certificates.server_certificate.string() << "\n"
      << "keyfile " << config.certificates.server_key.string() << "\n";
  if (listener.wants_certificate) {
    out << "cafile " << config.device_cas.string() << "\n"
        << "capath " << config.trusted.string() << "\n"
        << "require_certificate true\n";
  }
  if (listener.websockets) {
    out << "protocol websockets\n"
        << "socket_domain ipv4\n";  // Otherwise it ignores the address and admits every client.
  }
}

}  // namespace

std::string to_mosquitto_conf(const BrokerConfig& config) {
  std::ostringstream out;
  out << "user " << current_user() << "\n"
      << "per_listener_settings false\n"  // Otherwise plugins get no tick.
      << "allow_anonymous false\n"
      << "allow_zero_length_clientid false\n"
      << "set_tcp_nodelay true\n"  // Otherwise each TLS connect takes 40 ms more.
      << "sys_interval 0\n"
      << "max_inflight_messages 1000\n"
      << "max_queued_messages 0\n"
      << "max_queued_bytes 0\n"
      // Sessions are saved when the plugin asks for it, and when the broker stops.
      << "persistence true\n"
      << "persistence_location " << config.directory.string() << "/\n"
      << "persistence_file sessions.db\n"
      << "autosave_interval 0\n"
      << "log_dest file " << (config.directory / "broker.log").string() << "\n"
      << "log_timestamp_format %Y-%m-%dT%H:%M:%S\n";
  if (config.verbose) {
    out << "log_type all\n";
  } else {
    out << "log_type error\nlog_type warning\nlog_type notice\n";
  }
  out << "plugin " << config.plugin.string() << "\n"
      << "plugin_opt_config " << config.hub_config.string()
      << "\n"
      // By its name alone, in the folder that the broker runs in: mosquitto reads a path here only
      // up to the first blank.
      << "listener 0 " << config.control_socket.filename().string() << "\n";
  const BrokerPorts& ports = config.ports;
  add_listener(out, config, {ports.mqtt, false, false});
  add_listener(out, config, {ports.x509, true, false});
  add_listener(out, config, {ports.websocket, false, true});
  add_listener(out, config, {ports.x509_websocket, true, true});
  return out.str();
}

}  // namespace azure::iot::device::simulator
