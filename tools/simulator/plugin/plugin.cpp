// The adapter between the mosquitto broker and the hub or provisioning service: plugin interface
// version 5.
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include "common/crypto.hpp"
#include "common/files.hpp"
#include "dps/dps.hpp"
#include "hub/control.hpp"
#include "hub/hub.hpp"
#include "plugin/client_certificate.hpp"

namespace azure::iot::device::simulator {

namespace {

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view() : text; }

class MosquittoBroker final : public Broker {
 public:
  void send(const std::string& client_id, const std::string& topic, std::string_view payload,
            int qos) override {
    mosquitto_broker_publish_copy(client_id.c_str(), topic.c_str(),
                                  static_cast<int>(payload.size()), payload.data(), qos, false,
                                  nullptr);
  }

  // A full disk fails every write, and is reported once in a while.
  void notify(const std::string& text) override {
    const auto now = std::chrono::steady_clock::now();
    if (text == last_notice_ && now - noticed_at_ < std::chrono::seconds(10)) return;
    last_notice_ = text;
    noticed_at_ = now;
    mosquitto_log_printf(MOSQ_LOG_ERR, "iothub-sim: %s", text.c_str());
    send(std::string(kControlClientId), kControlReplyTopic, notice(text), 0);
  }

  // The connection did not end cleanly: a will, if there is one, is due.
  void cut(const std::string& client_id) override {
    mosquitto_kick_client_by_clientid(client_id.c_str(), true);
  }

  void pause(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }

  // SIGUSR1 has mosquitto write its whole database at the end of the turn, and sync it. That may
  // take milliseconds, so a storm of connects is saved a few times a second.
  void save_sessions() override {
    save_due_ = true;
    tick();
  }

  void tick() {
    const auto now = std::chrono::steady_clock::now();
    if (!save_due_ || now - last_save_ < std::chrono::milliseconds(100)) return;
    save_due_ = false;
    last_save_ = now;
    std::raise(SIGUSR1);
  }

 private:
  std::string last_notice_;
  std::chrono::steady_clock::time_point noticed_at_{};
  bool save_due_ = false;
  std::chrono::steady_clock::time_point last_save_{};
};

struct Plugin {
  // The file says whether it configures a hub or a provisioning service.
  explicit Plugin(std::string_view config) {
    if (auto dps = parse_dps_config(config)) {
      control_secret = dps->control_secret;
      service = std::make_unique<Dps>(*std::move(dps), broker);
    } else {
      HubConfig hub = parse_hub_config(config);
      control_secret = hub.control_secret;
      service = std::make_unique<Hub>(std::move(hub), broker);
    }
  }

  std::string control_secret;
  const void* control_connection = nullptr;
  MosquittoBroker broker;
  std::unique_ptr<Service> service;
};

Plugin& plugin_of(void* user_data) { return *static_cast<Plugin*>(user_data); }

// No exception may reach the broker. An exception here means a full disk or no memory. The client
// is disconnected, so that it does not take a lost message for a kept one.
template <typename Event, typename Handler>
int guarded(void* event_data, void* user_data, int on_error, Handler handler) {
  try {
    return handler(plugin_of(user_data), *static_cast<Event*>(event_data));
  } catch (const std::exception& error) {
    plugin_of(user_data).broker.notify(std::string(error.what()) +
                                       ": nothing is kept, and clients that send are cut off");
    return on_error;
  }
}

int on_basic_auth(int, void* event_data, void* user_data) {
  return guarded<mosquitto_evt_basic_auth>(
      event_data, user_data, MOSQ_ERR_UNKNOWN, [](Plugin& plugin, mosquitto_evt_basic_auth& event) {
        const auto client_id = text_of(mosquitto_client_id(event.client));
        if (client_id == kControlClientId) {
          if (!equal_secrets(text_of(event.password), plugin.control_secret)) return MOSQ_ERR_AUTH;
          plugin.control_connection = event.client;
          return MOSQ_ERR_SUCCESS;
        }
        const Admission admission =
            plugin.service->connect({event.client,
                                     {client_id, text_of(event.username), text_of(event.password),
                                      client_certificate(event.client)},
                                     mosquitto_client_clean_session(event.client),
                                     mosquitto_client_keepalive(event.client)});
        switch (admission) {
          case Admission::accepted: return MOSQ_ERR_SUCCESS;
          case Admission::refused: return MOSQ_ERR_AUTH;
          case Admission::dropped: break;
        }
        return MOSQ_ERR_UNKNOWN;
      });
}

int on_acl_check(int, void* event_data, void* user_data) {
  return guarded<mosquitto_evt_acl_check>(
      event_data, user_data, MOSQ_ERR_CONN_LOST,
      [](Plugin& plugin, mosquitto_evt_acl_check& event) {
        const bool is_control_topic = std::strncmp(event.topic, "$CONTROL/", 9) == 0;
        if (event.client == plugin.control_connection) return MOSQ_ERR_SUCCESS;
        switch (event.access) {
          case MOSQ_ACL_SUBSCRIBE:
            return plugin.service->subscribe(event.client, event.topic) ? MOSQ_ERR_SUCCESS
                                                                        : MOSQ_ERR_CONN_LOST;
          case MOSQ_ACL_UNSUBSCRIBE:
            return plugin.service->unsubscribe(event.client, event.topic) ? MOSQ_ERR_SUCCESS
                                                                          : MOSQ_ERR_CONN_LOST;
          case MOSQ_ACL_WRITE:  // Other topics are judged in on_message.
            plugin.service->note_will(event.client,
                                      {event.topic,
                                       {static_cast<const char*>(event.payload), event.payloadlen},
                                       event.qos,
                                       event.retain});
            return is_control_topic ? MOSQ_ERR_CONN_LOST : MOSQ_ERR_SUCCESS;
          default: return MOSQ_ERR_SUCCESS;
        }
      });
}

int on_message(int, void* event_data, void* user_data) {
  return guarded<mosquitto_evt_message>(
      event_data, user_data, MOSQ_ERR_CONN_LOST, [](Plugin& plugin, mosquitto_evt_message& event) {
        if (event.client == plugin.control_connection) return MOSQ_ERR_SUCCESS;
        const std::string_view payload(static_cast<const char*>(event.payload), event.payloadlen);
        const Outcome outcome =
            plugin.service->publish(event.client, {event.topic, payload, event.qos, event.retain});
        event.retain = false;  // A hub stores nothing for later subscribers.
        switch (outcome) {
          case Outcome::acknowledged: return MOSQ_ERR_SUCCESS;
          case Outcome::cut: return MOSQ_ERR_CONN_LOST;
          case Outcome::acknowledged_then_cut: break;
        }
        return MOSQ_ERR_ACL_DENIED;  // A client of MQTT 3.1.1 gets its PUBACK, then its connection
                                     // ends.
      });
}

int on_disconnect(int, void* event_data, void* user_data) {
  return guarded<mosquitto_evt_disconnect>(event_data, user_data, MOSQ_ERR_SUCCESS,
                                           [](Plugin& plugin, mosquitto_evt_disconnect& event) {
                                             if (event.client == plugin.control_connection)
                                               plugin.control_connection = nullptr;
                                             plugin.service->disconnect(event.client);
                                             return MOSQ_ERR_SUCCESS;
                                           });
}

int on_tick(int, void* event_data, void* user_data) {
  return guarded<mosquitto_evt_tick>(event_data, user_data, MOSQ_ERR_SUCCESS,
                                     [](Plugin& plugin, mosquitto_evt_tick&) {
                                       plugin.service->tick();
                                       plugin.broker.tick();
                                       return MOSQ_ERR_SUCCESS;
                                     });
}

int on_control(int, void* event_data, void* user_data) {
  return guarded<mosquitto_evt_control>(
      event_data, user_data, MOSQ_ERR_SUCCESS, [](Plugin& plugin, mosquitto_evt_control& event) {
        plugin.service->control({static_cast<const char*>(event.payload), event.payloadlen});
        return MOSQ_ERR_SUCCESS;
      });
}

std::string read_config(const mosquitto_opt* options, int count) {
  for (int i = 0; i < count; ++i) {
    if (text_of(options[i].key) != "config") continue;
    const auto text = read_file(options[i].value);
    if (!text) throw std::runtime_error(std::string("cannot read ") + options[i].value);
    return *text;
  }
  throw std::runtime_error("plugin_opt_config is missing");
}

}  // namespace

}  // namespace azure::iot::device::simulator

using namespace azure::iot::device::simulator;

// Nothing else of this library is visible to the broker.
#pragma GCC visibility push(default)
extern "C" {

int mosquitto_plugin_version(int supported_version_count, const int* supported_versions) {
  for (int i = 0; i < supported_version_count; ++i) {
    if (supported_versions[i] == 5) return 5;
  }
  return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** user_data,
                          mosquitto_opt* options, int option_count) {
  try {
    std::signal(SIGXFSZ, SIG_IGN);  // A limit on file sizes is an error like a full disk.
    auto plugin = std::make_unique<Plugin>(read_config(options, option_count));
    void* data = plugin.get();
    const struct {
      int event;
      MOSQ_FUNC_generic_callback callback;
      const char* event_data;
    } callbacks[] = {{MOSQ_EVT_BASIC_AUTH, on_basic_auth, nullptr},
                     {MOSQ_EVT_ACL_CHECK, on_acl_check, nullptr},
                     {MOSQ_EVT_MESSAGE, on_message, nullptr},
                     {MOSQ_EVT_DISCONNECT, on_disconnect, nullptr},
                     {MOSQ_EVT_TICK, on_tick, nullptr},
                     {MOSQ_EVT_CONTROL, on_control, kControlTopic}};
    for (const auto& [event, callback, event_topic] : callbacks) {
      const int rc = mosquitto_callback_register(identifier, event, callback, event_topic, data);
      if (rc != MOSQ_ERR_SUCCESS) return rc;
    }
    *user_data = plugin.release();
    return MOSQ_ERR_SUCCESS;
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "iothub-sim: %s", error.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

int mosquitto_plugin_cleanup(void* user_data, mosquitto_opt*, int) {
  delete static_cast<Plugin*>(user_data);
  return MOSQ_ERR_SUCCESS;
}

}  // extern "C"
#pragma GCC visibility pop
