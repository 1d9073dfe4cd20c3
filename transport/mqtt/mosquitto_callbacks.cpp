#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <mosquitto.h>

#include "pipeline/loop/escape.hpp"
#include "transport/mqtt/mosquitto_client.hpp"

// The functions of a MosquittoClient that libmosquitto calls.

namespace azure::iot::device {

struct MosquittoClient::Callbacks {
  static MosquittoClient& self(void* user_data) {
    return *static_cast<MosquittoClient*>(user_data);
  }

  static void on_connect(mosquitto*, void* user_data, int code, int flags) {
    // With a log callback, each packet costs an allocation and a formatted line.
    mosquitto_log_callback_set(self(user_data).native_.get(), nullptr);
    self(user_data).tell([&](MosquittoEvents& events) { events.on_connack(code, flags & 1); });
  }
  static void on_publish(mosquitto*, void* user_data, int mid) {
    self(user_data).tell(
        [=](MosquittoEvents& events) { events.on_puback(static_cast<std::uint16_t>(mid)); });
  }
  static void on_subscribe(mosquitto*, void* user_data, int mid, int count, const int* granted) {
    constexpr int kRefused = 0x80;
    const bool all = count > 0 && granted[0] < kRefused;
    self(user_data).tell(
        [=](MosquittoEvents& events) { events.on_suback(static_cast<std::uint16_t>(mid), all); });
  }
  static void on_unsubscribe(mosquitto*, void* user_data, int mid) {
    self(user_data).tell(
        [=](MosquittoEvents& events) { events.on_unsuback(static_cast<std::uint16_t>(mid)); });
  }
  static void on_message(mosquitto*, void* user_data, const mosquitto_message* message) {
    self(user_data).tell([=](MosquittoEvents& events) {
      events.on_message(message->topic, {static_cast<const char*>(message->payload),
                                         static_cast<std::size_t>(message->payloadlen)});
    });
  }
  // libmosquitto drains OpenSSL's error queue into its log. A line such as "OpenSSL Error[0]:
  // error:0A000086:SSL routines::certificate verify failed" holds the code.
  //
  // The log is also the only sign that a connection exists before libmosquitto reads from it: its
  // first line announces the CONNECT.
  static void on_log(mosquitto*, void* user_data, int level, const char* text) {
    if (ssl_st* const tls = self(user_data).tls_connection()) self(user_data).reader_.attach(tls);
    if (level != MOSQ_LOG_ERR || std::strncmp(text, "OpenSSL Error", 13) != 0) return;
    const char* const code = std::strstr(text, "error:");
    if (code) self(user_data).openssl_error_ = std::strtoul(code + 6, nullptr, 16);
  }
};

// Reports every event. libmosquitto would take errno for the result of its own last step, so it is
// reset. An exception would leave libmosquitto with its lock held. It ends the connection instead,
// since a packet is lost.
template <class Tell>
void MosquittoClient::tell(const Tell& tell) {
  bytes_at_packet_ = bytes_received();
  bool told = false;
  contain("a packet's handler", [&] {
    tell(events_);
    told = true;
  });
  lost_packet_ |= !told;
  errno = 0;
}

void MosquittoClient::install_callbacks() {
  mosquitto* const native = native_.get();
  mosquitto_connect_with_flags_callback_set(native, Callbacks::on_connect);
  mosquitto_publish_callback_set(native, Callbacks::on_publish);
  mosquitto_subscribe_callback_set(native, Callbacks::on_subscribe);
  mosquitto_unsubscribe_callback_set(native, Callbacks::on_unsubscribe);
  mosquitto_message_callback_set(native, Callbacks::on_message);
}

void MosquittoClient::listen_to_log() {
  mosquitto_log_callback_set(native_.get(), Callbacks::on_log);
}

}  // namespace azure::iot::device
