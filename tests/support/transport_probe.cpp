#include "tests/support/transport_probe.hpp"

#include <algorithm>
#include <chrono>
#include <future>

namespace azure::iot::device::test {

using namespace std::chrono_literals;

TransportProbe::TransportProbe(MqttTransportConfig config, MosquittoTransportOptions options,
                               std::shared_ptr<EventLoop> loop)
    : loop_(std::move(loop)) {
  std::promise<void> done;
  loop_->post([&] {
    auto made = make_mosquitto_transport_factory(options)(*loop_, config, *this);
    if (made) {
      transport_ = *std::move(made);
    } else {
      creation_error = made.error();
    }
    done.set_value();
  });
  done.get_future().wait();
}

TransportProbe::~TransportProbe() { destroy(); }

void TransportProbe::destroy() {
  std::promise<void> done;
  loop_->post([&] {
    transport_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

void TransportProbe::on_loop(const std::function<void(MqttTransport&)>& work) {
  std::promise<void> done;
  loop_->post([&] {
    work(*transport_);
    done.set_value();
  });
  done.get_future().wait();
}

void TransportProbe::on_loop_if_alive(const std::function<void(MqttTransport&)>& work) {
  std::promise<void> done;
  loop_->post([&] {
    if (transport_) work(*transport_);
    done.set_value();
  });
  done.get_future().wait();
}

Error TransportProbe::connect(std::optional<std::string> password) {
  Error error;
  on_loop([&](MqttTransport& transport) { error = transport.connect(std::move(password)); });
  return error;
}

Error TransportProbe::disconnect(bool clear_inflight) {
  Error error;
  on_loop([&](MqttTransport& transport) { error = transport.disconnect(clear_inflight); });
  return error;
}

Error TransportProbe::publish(std::uint32_t key, std::string topic, std::string payload) {
  Error error;
  on_loop([&](MqttTransport& transport) {
    error = transport.publish({key, 1}, std::move(topic), std::move(payload));
  });
  return error;
}

Error TransportProbe::subscribe(std::uint32_t key, const std::string& topic) {
  Error error;
  on_loop([&](MqttTransport& transport) { error = transport.subscribe({key, 1}, topic); });
  return error;
}

Error TransportProbe::unsubscribe(std::uint32_t key, const std::string& topic) {
  Error error;
  on_loop([&](MqttTransport& transport) { error = transport.unsubscribe({key, 1}, topic); });
  return error;
}

void TransportProbe::pause_reading(bool paused) {
  on_loop([=](MqttTransport& transport) { transport.pause_reading(paused); });
}

// Posted work runs before the timers of its turn, so the second piece runs after those.
void TransportProbe::turn() {
  for (int i = 0; i < 2; ++i) {
    std::promise<void> done;
    loop_->post([&] { done.set_value(); });
    done.get_future().wait();
  }
}

std::vector<std::string> TransportProbe::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

std::string TransportProbe::last_detail() const {
  const std::lock_guard lock(mutex_);
  return last_detail_;
}

bool TransportProbe::wait_for(const std::string& line, int times) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 30s,
                           [&] { return std::count(told_.begin(), told_.end(), line) >= times; });
}

bool TransportProbe::wait_for_count(std::size_t lines) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 30s, [&] { return told_.size() >= lines; });
}

void TransportProbe::give_up(std::uint32_t key) {
  const std::lock_guard lock(mutex_);
  given_up_.push_back(key);
}

void TransportProbe::tell(std::string line, const Error& error) {
  if (error) line += " " + std::string(to_string(error.code()));
  {
    const std::lock_guard lock(mutex_);
    told_.push_back(line);
    if (error) last_detail_ = error.detail();
    changed_.notify_all();
  }
  if (inside && transport_) inside(*transport_, line);
}

void TransportProbe::on_mqtt_connected(bool session_present) {
  tell(session_present ? "connected again" : "connected");
}
void TransportProbe::on_mqtt_connection_failure(Error cause) { tell("failed", cause); }
void TransportProbe::on_mqtt_disconnected(Error cause) { tell("disconnected", cause); }
void TransportProbe::on_mqtt_message_received(std::string_view topic, std::string_view payload) {
  tell("message " + std::string(topic) + " " + std::string(payload));
}
void TransportProbe::on_mqtt_acknowledged(OpKey key, Error error) {
  tell("ack " + std::to_string(key.index), error);
}

bool TransportProbe::still_waits(OpKey key) const {
  const std::lock_guard lock(mutex_);
  return std::find(given_up_.begin(), given_up_.end(), key.index) == given_up_.end();
}

}  // namespace azure::iot::device::test
