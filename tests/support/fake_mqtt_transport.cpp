#include "support/fake_mqtt_transport.hpp"

#include <algorithm>
#include <memory>

namespace azure::iot::device::test {
namespace {

Reply take_reply(std::deque<Reply>& script) {
  if (script.empty()) return accept;
  Reply reply = std::move(script.front());
  script.pop_front();
  return reply;
}

}  // namespace

// What the stage owns: it only passes on.
class FakeMqttTransport::Link final : public MqttTransport {
 public:
  explicit Link(FakeMqttTransport& far_end) : far_(far_end) {}
  ~Link() override {
    far_.listener_ = nullptr;
    far_.connected_ = false;
    ++far_.attempt_;
  }

  Error connect(std::optional<std::string> password) override {
    if (Error error = far_.next_call_error()) return error;
    far_.dial(std::move(password));
    return {};
  }

  Error disconnect(bool clear_inflight) override {
    if (Error error = far_.next_call_error()) return error;
    ++far_.disconnects_;
    ++far_.attempt_;
    far_.connected_ = false;
    if (clear_inflight) far_.cancel_in_flight();
    if (far_.silent_disconnect) return {};
    far_.answer([&far = far_] { far.listener_->on_mqtt_disconnected({}); });
    return {};
  }

  void cancel_connect() override {
    if (!far_.connected_) ++far_.attempt_;
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

  void cancel_all_operations() override { far_.cancel_in_flight(); }

  Error shutdown() override {
    if (Error error = far_.next_call_error()) return error;
    far_.shut_down_ = true;
    far_.connected_ = false;
    ++far_.attempt_;
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
  for (auto& what : std::exchange(late_, {})) answer(std::move(what));
}

void FakeMqttTransport::drop(Error cause) {
  answer([this, cause = std::move(cause)] {
    if (!std::exchange(connected_, false)) return;
    ++attempt_;
    listener_->on_mqtt_disconnected(cause);
  });
}

void FakeMqttTransport::receive(std::string_view topic, std::string_view payload) {
  answer([this, topic = std::string(topic), payload = std::string(payload)] {
    if (connected_) listener_->on_mqtt_message_received(topic, payload);
  });
}

std::vector<std::string> FakeMqttTransport::topics(Packet::Kind kind) const {
  std::vector<std::string> found;
  for (const Packet& packet : packets_) {
    if (packet.kind == kind) found.push_back(packet.topic);
  }
  return found;
}

void FakeMqttTransport::answer(std::function<void()> what) {
  // A transport that was shut down tells nothing any more.
  auto tell = [this, what = std::move(what)] {
    if (listener_ && !shut_down_) what();
  };
  if (answers_inside_calls) return tell();
  loop_->post(std::move(tell));
}

Error FakeMqttTransport::next_call_error() {
  if (call_errors_.empty()) return {};
  Error error = std::move(call_errors_.front());
  call_errors_.pop_front();
  return error;
}

void FakeMqttTransport::dial(std::optional<std::string> password) {
  passwords_.push_back(std::move(password));
  const Reply reply = take_reply(dial_script_);
  auto connected = [this, attempt = ++attempt_] {
    if (attempt == attempt_) established();
  };
  const bool hung_up = reply.kind == Reply::Kind::drop;
  auto failed = [this, attempt = attempt_,
                 error = hung_up ? Error(Errc::connection_failed, "the far end hung up")
                                 : reply.error] {
    if (attempt == attempt_) listener_->on_mqtt_connection_failure(error);
  };
  switch (reply.kind) {
    case Reply::Kind::accept: return answer(connected);
    case Reply::Kind::refuse:
    case Reply::Kind::drop: return answer(failed);
    case Reply::Kind::stall: return;
    case Reply::Kind::late: return late_.emplace_back(connected), void();
    case Reply::Kind::duplicate: answer(connected); return answer(connected);
  }
}

void FakeMqttTransport::established() {
  connected_ = true;
  // Publishes that were not acknowledged go out again (MQTT 3.1.1 clause 4.4).
  std::deque<InFlight> old = std::exchange(in_flight_, {});
  listener_->on_mqtt_connected(session_present);
  for (InFlight& packet : old) {
    if (packet.packet.kind != Packet::Kind::publish) {
      in_flight_.push_back(std::move(packet));
      continue;
    }
    packet.packet.again = true;
    send(packet.key, std::move(packet.packet));
  }
}

void FakeMqttTransport::send(OpKey key, Packet packet) {
  packets_.push_back(packet);
  in_flight_.push_back({key, packet});
  reply_to(key, take_reply(ack_script_));
  if (on_packet) on_packet(packet);
}

void FakeMqttTransport::reply_to(OpKey key, const Reply& reply) {
  auto acknowledged = [this, key, error = reply.error] { acknowledge(key, error); };
  switch (reply.kind) {
    case Reply::Kind::accept:
    case Reply::Kind::refuse: return answer(acknowledged);
    case Reply::Kind::stall: return;
    case Reply::Kind::drop: return drop();
    case Reply::Kind::late: return late_.emplace_back(acknowledged), void();
    case Reply::Kind::duplicate:
      answer(acknowledged);
      return answer([this, key] { listener_->on_mqtt_acknowledged(key, {}); });
  }
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

}  // namespace azure::iot::device::test
