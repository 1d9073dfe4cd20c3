#include "launcher/control_link.hpp"

#include <thread>
#include <utility>

#include <mosquitto.h>
#include <poll.h>

#include "hub/config.hpp"

namespace azure::iot::device::simulator {

ControlLink::ControlLink(std::function<void(std::string_view)> on_reply)
    : on_reply_(std::move(on_reply)), client_(nullptr, mosquitto_destroy) {
  mosquitto_lib_init();
}

ControlLink::~ControlLink() {
  close();
  mosquitto_lib_cleanup();
}

bool ControlLink::connect(const std::filesystem::path& socket, const std::string& secret,
                          std::chrono::milliseconds timeout, const std::function<bool()>& give_up) {
  close();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  client_.reset(mosquitto_new(std::string(kControlClientId).c_str(), true, this));
  mosquitto_username_pw_set(client_.get(), "iothub-sim", secret.c_str());
  mosquitto_connect_callback_set(client_.get(), &ControlLink::on_connect);
  mosquitto_message_callback_set(client_.get(), &ControlLink::on_message);

  // The broker may still be starting. Port 0 stands for a Unix socket, keep-alive 0 for none.
  while (mosquitto_connect(client_.get(), socket.c_str(), 0, 0) != MOSQ_ERR_SUCCESS) {
    if (give_up() || std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  while (!connected_) {
    pollfd entry{fd(), static_cast<short>(POLLIN | (wants_to_write() ? POLLOUT : 0)), 0};
    poll(&entry, 1, 50);
    if (!on_ready() || give_up() || std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

void ControlLink::close() {
  connected_ = false;
  client_.reset();
}

int ControlLink::fd() const { return client_ ? mosquitto_socket(client_.get()) : -1; }

bool ControlLink::wants_to_write() const { return client_ && mosquitto_want_write(client_.get()); }

bool ControlLink::on_ready() {
  if (!client_) return false;
  // Several packets may lie in one read; each call takes at least one, or finds none.
  const bool alive = mosquitto_loop_read(client_.get(), 100) == MOSQ_ERR_SUCCESS &&
                     mosquitto_loop_write(client_.get(), 1) == MOSQ_ERR_SUCCESS;
  if (!alive) close();
  return alive;
}

void ControlLink::send(std::string_view command) {
  mosquitto_publish(client_.get(), nullptr, kControlTopic, static_cast<int>(command.size()),
                    command.data(), 0, false);
}

void ControlLink::on_connect(mosquitto*, void* self, int code) {
  static_cast<ControlLink*>(self)->connected_ = code == 0;
}

void ControlLink::on_message(mosquitto*, void* self, const mosquitto_message* message) {
  static_cast<ControlLink*>(self)->on_reply_(
      {static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)});
}

}  // namespace azure::iot::device::simulator
