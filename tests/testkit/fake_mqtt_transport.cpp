#include "fake_mqtt_transport.hpp"

#include <cassert>
#include <memory>

namespace azure::iot::device::test {

// The object that the stage owns. It only forwards.
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
  // A transport that was shut down reports nothing more.
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
  reply.act(
      Asked(*this, {.kind = Asked::Kind::connect, .op = {}, .packet = 0, .attempt = ++attempt_}));
}

void FakeMqttTransport::send(OpKey key, Packet packet) {
  const std::size_t number = packets_.size();
  packets_.push_back(packet);
  put_in_flight(number, key);
  std::optional<Reply> reply = reply_to ? reply_to(packet) : std::nullopt;
  if (!reply && !ack_script_.empty()) {
    reply = std::move(ack_script_.front());
    ack_script_.pop_front();
  }
  act(reply.value_or(otherwise),
      Asked(*this, {.kind = Asked::Kind::packet, .op = key, .packet = number, .attempt = attempt_}),
      behind_packet_);
  if (on_packet) on_packet(packet);
}

void FakeMqttTransport::serve(const Reply& reply, Asked::Give give) {
  act(reply,
      Asked(*this, {.kind = Asked::Kind::service, .op = {}, .packet = 0, .attempt = attempt_},
            std::make_shared<const Asked::Give>(std::move(give))),
      behind_answer_);
}

void FakeMqttTransport::act(const Reply& reply, const Asked& asked, Behind& behind) {
  const std::size_t before = behind.added;
  reply.act(asked);
  if (behind.added != before) return;  // This answer waits as well.
  const auto waiting = std::exchange(behind.waiting, {});
  for (auto f = waiting.rbegin(); f != waiting.rend(); ++f) (*f)();
}

void FakeMqttTransport::keep_behind_next(const Asked& asked, std::function<void()> f) {
  Behind& behind = asked.is_service() ? behind_answer_ : behind_packet_;
  behind.waiting.push_back(std::move(f));
  ++behind.added;
}

const Packet& FakeMqttTransport::packet_of(const Asked& asked) const {
  assert(asked.is_packet());
  return packets_[asked.key_.packet];
}

bool FakeMqttTransport::reaches(const Asked& asked) const {
  return asked.key_.attempt == attempt_ && !silent_;
}

void FakeMqttTransport::answer(const Asked& asked, Error error, bool at_any_time) {
  if (asked.is_service()) {
    const bool gives = at_any_time || reaches(asked);
    if (gives && !error) return (*asked.give_)(std::nullopt);
    constexpr int kBadRequest = 400;
    if (gives) (*asked.give_)(error.service_status() != 0 ? error.service_status() : kBadRequest);
    return;
  }
  tell([this, asked, error = std::move(error), at_any_time] {
    const bool on_link = reaches(asked);
    if (asked.is_connect() && on_link) answer_connect(error);
    if (asked.is_packet() && (on_link || at_any_time)) acknowledge(asked.key_.op, error);
  });
}

void FakeMqttTransport::answer_connect(Error error) {
  if (error) return listener_->on_mqtt_connection_failure(std::move(error));
  established();
}

void FakeMqttTransport::established() {
  connected_ = true;
  // Unacknowledged publishes are sent again (MQTT 3.1.1 clause 4.4), except those that the client
  // has given up waiting for.
  numbers_.clear();
  const auto old = std::exchange(in_flight_, {});
  listener_->on_mqtt_connected(session_present);
  for (const auto& [number, key] : old) {
    Packet packet = packets_[number];
    if (packet.kind != Packet::Kind::publish) {
      put_in_flight(number, key);
      continue;
    }
    if (!listener_->still_waits(key)) continue;
    packet.again = true;
    send(key, std::move(packet));
  }
}

void FakeMqttTransport::put_in_flight(PacketNumber number, OpKey key) {
  in_flight_.emplace(number, key);
  numbers_.insert_or_assign({key.index, key.generation}, number);
}

void FakeMqttTransport::end_link() {
  connected_ = false;
  silent_ = false;
  ++attempt_;
}

void FakeMqttTransport::acknowledge(OpKey key, Error error) {
  if (const auto sent = numbers_.extract({key.index, key.generation})) {
    in_flight_.erase(sent.mapped());
  }
  listener_->on_mqtt_acknowledged(key, std::move(error));
}

void FakeMqttTransport::cancel_in_flight() {
  numbers_.clear();
  for (const auto& [number, key] : std::exchange(in_flight_, {})) {
    listener_->on_mqtt_acknowledged(
        key, Error(Errc::operation_cancelled, "cancelled before its answer"));
  }
}

void FakeMqttTransport::after(Duration delay, std::function<void()> f) {
  const auto timer = timers_.emplace(timers_.end());
  timer->start(*loop_, delay, [this, timer, f = std::move(f)] {
    timers_.erase(timer);
    f();
  });
}

}  // namespace azure::iot::device::test
