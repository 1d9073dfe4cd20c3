#include "launcher/ready_line.hpp"

#include "common/json.hpp"
#include "launcher/ports.hpp"

namespace azure::iot::device::simulator {

namespace {

std::string connection_string(const DeviceConfig& device, const std::string& host) {
  std::string text = "HostName=" + host + ";DeviceId=" + device.device_id;
  if (!device.module_id.empty()) text += ";ModuleId=" + device.module_id;
  return text + (device.x509 ? ";x509=true" : ";SharedAccessKey=" + device.key);
}

std::string websocket_url(const std::string& host, std::uint16_t port) {
  return "wss://" + host + ":" + std::to_string(port) + "/$iothub/websocket";
}

void add_files(const DeviceCertificate& files, JsonObject& entry) {
  entry.add("certificate", files.certificate.string());
  if (!files.key.empty()) entry.add("key", files.key.string());
}

void add_enrollments(const DpsConfig& dps, const CertificateFiles& certificates,
                     JsonObject& ready) {
  Json devices(rapidjson::kArrayType);
  Json groups(rapidjson::kArrayType);
  for (const Enrollment& enrollment : dps.enrollments) {
    Json& list = enrollment.group ? groups : devices;
    JsonObject entry;
    entry.add(enrollment.group ? "group" : "registration_id", enrollment.name);
    if (enrollment.x509()) {
      add_files(certificates.devices.at(enrollment.name), entry);
    } else {
      entry.add("key", enrollment.key);
    }
    list.PushBack(JsonValue(entry.value(), list.GetAllocator()), list.GetAllocator());
  }
  ready.add("id_scope", dps.id_scope);
  ready.add("enrollments", devices).add("groups", groups);
}

}  // namespace

std::string ready_line(const Running& running) {
  const auto& [options, directory, certificates, ports] = running;
  const std::string& host = host_name(options.address);
  Json devices(rapidjson::kArrayType);
  for (const auto& device : options.devices) {
    JsonObject entry;
    entry.add("device_id", device.device_id);
    if (!device.module_id.empty()) entry.add("module_id", device.module_id);
    entry.add("connection_string", connection_string(device, host));
    if (device.x509) add_files(certificates.devices.at(name_of(device)), entry);
    devices.PushBack(JsonValue(entry.value(), devices.GetAllocator()), devices.GetAllocator());
  }
  JsonObject ready;
  ready.add("ready", true)
      .add("ca", certificates.ca.string())
      .add("host", host)
      .add("address", options.address)
      .add("mqtt_port", static_cast<int>(ports.mqtt))
      .add("x509_port", static_cast<int>(ports.x509));
  const auto add_websocket = [&](const std::string& name, std::uint16_t port) {
    if (port == 0) return;
    ready.add(name + "_port", static_cast<int>(port)).add(name + "_url", websocket_url(host, port));
  };
  add_websocket("websocket", ports.websocket);
  add_websocket("x509_websocket", ports.x509_websocket);
  ready.add("control", directory.control_socket().string())
      .add("event_log", (directory.path() / kEventLogName).string());
  if (options.dps) {
    add_enrollments(*options.dps, certificates, ready);
  } else {
    ready.add("devices", devices);
  }
  return ready.text();
}

const std::string& host_name(const std::string& address) {
  static const std::string localhost = "localhost";
  return address == kLoopback ? localhost : address;
}

std::string name_of(const DeviceConfig& device) {
  return device.device_id + (device.module_id.empty() ? "" : "/" + device.module_id);
}

}  // namespace azure::iot::device::simulator
