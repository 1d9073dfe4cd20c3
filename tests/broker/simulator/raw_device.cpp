#include "raw_device.hpp"

#include <mosquitto.h>

#include "hub/sas_token.hpp"

namespace azure::iot::device::test {

using std::chrono::steady_clock;

std::string make_sas_token(const std::string& resource, const std::string& key_base64,
                           std::chrono::seconds ttl, const std::string& policy) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return simulator::make_sas_token(resource, key_base64, now + ttl, policy);
}

std::string key_of(const SimulatorProcess& hub, const std::string& device) {
  constexpr std::string_view kName = "SharedAccessKey=";
  const std::string& text = hub.connection_string(device);
  return text.substr(text.find(kName) + kName.size());
}

RawDevice::RawDevice(const SimulatorProcess& hub, const std::string& name, const Options& options)
    : client_(nullptr, mosquitto_destroy),
      host_(hub.host()),
      port_(options.port != 0             ? options.port
            : options.certificate.empty() ? hub.port()
                                          : hub.x509_port()),
      keep_alive_(options.keep_alive) {
  mosquitto_lib_init();
  const std::string client_id = options.client_id.empty() ? name : options.client_id;
  const auto slash = name.find('/');
  std::string resource = hub.host() + "/devices/" + name.substr(0, slash);
  if (slash != std::string::npos) resource += "/modules/" + name.substr(slash + 1);

  client_.reset(mosquitto_new(client_id.c_str(), options.clean_session, this));
  const std::string user_name = options.user_name.empty()
                                    ? hub.host() + "/" + name + "/?api-version=2021-04-12"
                                    : options.user_name;
  const bool has_certificate = !options.certificate.empty();
  const std::string password =
      options.password.empty() && !has_certificate
          ? make_sas_token(resource, key_of(hub, name), std::chrono::hours(1))
          : options.password;
  mosquitto_username_pw_set(client_.get(), user_name.c_str(),
                            password.empty() ? nullptr : password.c_str());
  mosquitto_tls_set(client_.get(), hub.ca_file().c_str(), nullptr,
                    has_certificate ? options.certificate.c_str() : nullptr,
                    has_certificate ? options.key.c_str() : nullptr, nullptr);
  if (!options.will_topic.empty()) {
    mosquitto_will_set(client_.get(), options.will_topic.c_str(), 4, "gone", 1, false);
  }
  mosquitto_max_inflight_messages_set(client_.get(), 100);
  mosquitto_connect_with_flags_callback_set(client_.get(), &RawDevice::on_connect);
  mosquitto_disconnect_callback_set(client_.get(), &RawDevice::on_disconnect);
  mosquitto_message_callback_set(client_.get(), &RawDevice::on_message);
  mosquitto_publish_callback_set(client_.get(), &RawDevice::on_publish);
  mosquitto_subscribe_callback_set(client_.get(), &RawDevice::on_subscribe);
}

RawDevice::~RawDevice() {
  client_.reset();
  mosquitto_lib_cleanup();
}

std::optional<int> RawDevice::connect() {
  connack_.reset();
  if (mosquitto_connect(client_.get(), host_.c_str(), port_, keep_alive_) != MOSQ_ERR_SUCCESS)
    return {};
  run_until([this] { return connack_.has_value(); });
  return connack_;
}

bool RawDevice::subscribe(const std::string& filter, int qos) {
  granted_.reset();
  mosquitto_subscribe(client_.get(), nullptr, filter.c_str(), qos);
  run_until([this] { return granted_.has_value() || !online_; });
  return granted_.value_or(0x80) <= 1;
}

int RawDevice::publish(const std::string& topic, std::string_view payload, int qos, bool retain) {
  int packet_id = 0;
  mosquitto_publish(client_.get(), &packet_id, topic.c_str(), static_cast<int>(payload.size()),
                    payload.data(), qos, retain);
  return packet_id;
}

void RawDevice::disconnect() {
  mosquitto_disconnect(client_.get());
  online_ = false;
}

bool RawDevice::run_until(const std::function<bool()>& condition,
                          std::chrono::milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    // A failed connection ends the wait, since nothing more can arrive.
    if (mosquitto_loop(client_.get(), 10, 1) != MOSQ_ERR_SUCCESS) {
      online_ = false;
      return condition();
    }
  }
  return true;
}

bool RawDevice::wait_for_messages(std::size_t count) {
  return run_until([&] { return messages_.size() >= count; });
}

bool RawDevice::wait_for_puback(int packet_id) {
  return run_until([&] { return acknowledged_.contains(packet_id); });
}

bool RawDevice::wait_for_loss() {
  return run_until([this] { return !online_; });
}

void RawDevice::on_connect(mosquitto*, void* self, int code, int flags) {
  auto& device = *static_cast<RawDevice*>(self);
  device.connack_ = code;
  device.online_ = code == 0;
  device.session_present_ = (flags & 1) != 0;
}

void RawDevice::on_disconnect(mosquitto*, void* self, int) {
  static_cast<RawDevice*>(self)->online_ = false;
}

void RawDevice::on_message(mosquitto*, void* self, const mosquitto_message* message) {
  const std::string payload(static_cast<const char*>(message->payload),
                            static_cast<std::size_t>(message->payloadlen));
  static_cast<RawDevice*>(self)->messages_.push_back({message->topic, payload, message->qos});
}

void RawDevice::on_publish(mosquitto*, void* self, int packet_id) {
  static_cast<RawDevice*>(self)->acknowledged_.insert(packet_id);
}

void RawDevice::on_subscribe(mosquitto*, void* self, int, int count, const int* granted) {
  if (count > 0) static_cast<RawDevice*>(self)->granted_ = granted[0];
}

}  // namespace azure::iot::device::test
