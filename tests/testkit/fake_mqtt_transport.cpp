#include "fake_mqtt_transport.hpp"

#include <algorithm>
#include <cassert>
#include <memory>

namespace azure::iot::device::test {

// What the stage owns: it only passes on.
class FakeMqttTransport::Link final : public MqttTransport {
 public:
  explicit Link(FakeMqttTransport& far_end) : far_(far_end) {}
  ~Link() override {
    far_.listener_ = nullptr;
    far_.timers_.clear();
    far_.end_link();
  }

  Error connect(std::optional<std::string> password) override {
    if (Error error = far_.next_call_error()) return error;
    far_.dial(std::move(password));
    return {};
  }

  Error disconnect(bool clear_inflight) override {
    if (Error error = far_.next_call_error()) return error;
    ++far_.disconnects_;
    far_.end_link();
    if (clear_inflight) far_.cancel_in_flight();
    if (far_.silent_disconnect) return {};
    far_.tell([&far = far_] { far.listener_->on_mqtt_disconnected({}); });
    return {};
  }

  std::string cancel_connect() override {
    if (far_.connected_) return {};
    ++far_.attempt_;
    return "the faked server has not answered";
  }

  Error publish(OpKey key, std::string topic, std::string payload) override {
    if (Error error = far_.next_call_error()) return error;
    far_.send(key, {Packet::Kind::publish, std::move(topic), std::move(payload)});
    return {};
  }

  Error subscribe(OpKey key, const std::string& topic) override {
    if (Error error = far_.next_call_error()) return error;
    far_.send(key, {Packet::Kind::subscribe, topic, {}});
    return {};
  }

  Error unsubscribe(OpKey key, const std::string& topic) override {
    if (Error error = far_.next_call_error()) return error;
    far_.send(key, {Packet::Kind::unsubscribe, topic, {}});
    return {};
  }

  void pause_reading(bool paused) override { far_.pause(paused); }
  void cancel_all_operations() override { far_.cancel_in_flight(); }

  Error shutdown() override {
    if (Error error = far_.next_call_error()) return error;
    far_.shut_down_ = true;
    far_.end_link();
    far_.cancel_in_flight();
    return {};
  }

 private:
  FakeMqttTransport& far_;
};

MqttTransportFactory FakeMqttTransport::factory() {
  return [this](EventLoop& loop, MqttTransportConfig config,
                MqttTransportListener& listener) -> Result<std::unique_ptr<MqttTransport>> {
    loop_ = &loop;
    config_ = std::move(config);
    listener_ = &listener;
    shut_down_ = false;
    return std::unique_ptr<MqttTransport>(std::make_unique<Link>(*this));
  };
}

void FakeMqttTransport::script(std::initializer_list<Reply> replies) {
  dial_script_.insert(dial_script_.end(), replies);
}

void FakeMqttTransport::script_acks(std::initializer_list<Reply> replies) {
  ack_script_.insert(ack_script_.end(), replies);
}

void FakeMqttTransport::fail_calls(std::initializer_list<Error> errors) {
  call_errors_.insert(call_errors_.end(), errors);
}

void FakeMqttTransport::release() {
  for (auto& answer_now : std::exchange(late_, {})) answer_now();
}

void FakeMqttTransport::drop(Error cause) {
  tell([this, cause = std::move(cause)] {
    if (!connected_) return;
    end_link();
    listener_->on_mqtt_disconnected(cause);
  });
}

void FakeMqttTransport::fall_silent() {
  tell([this] {
    if (!connected_) return;
    silent_ = true;
    after(2 * config_.keep_alive, [this, attempt = attempt_] {
      if (attempt == attempt_) drop(Error(Errc::connection_dropped, "the keep-alive ran out"));
    });
  });
}

void FakeMqttTransport::receive(std::string_view topic, std::string_view payload) {
  tell([this, topic = std::string(topic), payload = std::string(payload)] {
    if (!connected_ || silent_) return;
    if (paused_) {
      unread_.emplace_back(topic, payload);
    } else {
      listener_->on_mqtt_message_received(topic, payload);
    }
  });
}

void FakeMqttTransport::pause(bool paused) {
  paused_ = paused;
  if (!paused) {
    for (auto& [topic, payload] : std::exchange(unread_, {})) receive(topic, payload);
  }
}

std::vector<std::string> FakeMqttTransport::topics(Packet::Kind kind) const {
  std::vector<std::string> found;
  for (const Packet& packet : packets_) {
    if (packet.kind == kind) found.push_back(packet.topic);
  }
  return found;
}

void FakeMqttTransport::tell(std::function<void()> what) {
  // A transport that was shut down tells nothing any more.
  auto tell_now = [this, what = std::move(what)] {
    if (listener_ && !shut_down_) what();
  };
  if (answers_inside_calls) return tell_now();
  if (loop_) loop_->post(std::move(tell_now));
}

Error FakeMqttTransport::next_call_error() {
  if (call_errors_.empty()) return {};
  Error error = std::move(call_errors_.front());
  call_errors_.pop_front();
  return error;
}

void FakeMqttTransport::dial(std::optional<std::string> password) {
  passwords_.push_back(std::move(password));
  Reply reply = otherwise;
  if (!dial_script_.empty()) {
    reply = std::move(dial_script_.front());
    dial_script_.pop_front();
  }
  reply.act(Asked(*this, {.is_connect = true, .op = {}, .packet = 0, .attempt = ++attempt_}));
}

void FakeMqttTransport::send(OpKey key, Packet packet) {
  const std::size_t number = packets_.size();
  packets_.push_back(packet);
  in_flight_.push_back({key, number});
  Reply reply = otherwise;
  if (!ack_script_.empty()) {
    reply = std::move(ack_script_.front());
    ack_script_.pop_front();
  }
  auto behind = std::exchange(behind_, {});
  reply.act(Asked(*this, {.is_connect = false, .op = key, .packet = number, .attempt = attempt_}));
  if (behind_.empty()) {
    for (auto f = behind.rbegin(); f != behind.rend(); ++f) (*f)();
  } else {
    behind_.insert(behind_.begin(), behind.begin(), behind.end());
  }
  if (on_packet) on_packet(packet);
}

void FakeMqttTransport::answer(const Asked::Key& asked, Error error, bool at_any_time) {
  tell([this, asked, error = std::move(error), at_any_time] {
    const bool on_link = asked.attempt == attempt_ && !silent_;
    if (asked.is_connect && on_link) answer_connect(error);
    if (!asked.is_connect && (on_link || at_any_time)) acknowledge(asked.op, error);
  });
}

void FakeMqttTransport::answer_connect(Error error) {
  if (error) return listener_->on_mqtt_connection_failure(std::move(error));
  established();
}

void FakeMqttTransport::established() {
  connected_ = true;
  // Publishes that were not acknowledged go out again (MQTT 3.1.1 clause 4.4), unless nobody waits
  // for them any more.
  std::deque<InFlight> old = std::exchange(in_flight_, {});
  listener_->on_mqtt_connected(session_present);
  for (const InFlight& waiting : old) {
    Packet packet = packets_[waiting.packet];
    if (packet.kind != Packet::Kind::publish) {
      in_flight_.push_back(waiting);
      continue;
    }
    if (!listener_->still_waits(waiting.key)) continue;
    packet.again = true;
    send(waiting.key, std::move(packet));
  }
}

void FakeMqttTransport::end_link() {
  connected_ = false;
  silent_ = false;
  ++attempt_;
}

void FakeMqttTransport::acknowledge(OpKey key, Error error) {
  std::erase_if(in_flight_, [&](const InFlight& packet) { return packet.key == key; });
  listener_->on_mqtt_acknowledged(key, std::move(error));
}

void FakeMqttTransport::cancel_in_flight() {
  for (const InFlight& packet : std::exchange(in_flight_, {})) {
    listener_->on_mqtt_acknowledged(
        packet.key, Error(Errc::operation_cancelled, "cancelled before its answer"));
  }
}

void FakeMqttTransport::after(Duration delay, std::function<void()> f) {
  timers_.remove_if([](const Timer& timer) { return !timer.running(); });
  timers_.emplace_back().start(*loop_, delay, std::move(f));
}

const Packet& Asked::packet() const {
  assert(!key_.is_connect);
  return far_end_->packets_[key_.packet];
}

void Asked::answer(Error error) const { far_end_->answer(key_, std::move(error), false); }
void Asked::answer_at_any_time(Error error) const {
  far_end_->answer(key_, std::move(error), true);
}
void Asked::after(Duration delay, std::function<void()> f) const {
  far_end_->after(delay, std::move(f));
}

}  // namespace azure::iot::device::test
