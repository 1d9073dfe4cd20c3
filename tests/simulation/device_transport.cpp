#include "simulation/device_transport.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

namespace azure::iot::device::simulation {
namespace {

Error refused(std::uint8_t code) {
  switch (code) {
    case 3: return Error(Errc::connection_failed, "the server is not available");
    case 4:
    case 5: return Error(Errc::unauthorized, "the server refused the credential");
    default: return Error(Errc::protocol_client, "the server refused the client");
  }
}

}  // namespace

// Behaves as libmosquitto and the transport around it do. Publishes are sent again after the next
// connect, in order, and cannot be withdrawn; subscribes are not sent again.
class Device::Transport final : public MqttTransport {
 public:
  Transport(Device& device, std::size_t max_in_flight, MqttTransportListener& listener)
      : device_(device),
        world_(device.world_),
        network_(device.network_),
        max_in_flight_(max_in_flight),
        listener_(listener) {
    device_.transport_ = this;
  }
  ~Transport() override {
    abandon();
    device_.transport_ = nullptr;
  }

  bool up() const { return state_ == State::up; }
  bool idle() const { return (state_ == State::up || state_ == State::down) && !answering_; }
  LinkId link() const { return link_; }

  Error connect(std::optional<std::string> password) override {
    if (shut_down_) return Error(Errc::pipeline_not_running, "the transport was shut down");
    if (state_ != State::down || answering_) {
      return Error(Errc::operation_error, "connect makes no sense now");
    }
    const bool wanted =
        std::any_of(unacknowledged_.begin(), unacknowledged_.end(),
                    [this](auto& p) { return p.key && listener_.still_waits(p.key); });
    if (!wanted) unacknowledged_.clear();
    dial(std::move(password));
    return {};
  }

  std::string cancel_connect() override {
    if (state_ != State::connecting) return {};
    device_.last_failure_ = world_.now();
    abandon();
    return {};
  }

  Error disconnect(bool clear_inflight) override {
    if (shut_down_) return Error(Errc::pipeline_not_running, "the transport was shut down");
    cancel_connect();
    if (state_ == State::up) say_farewell();
    if (state_ == State::down && !std::exchange(answering_, true)) {
      later(Duration::zero(), [this] {
        answering_ = false;
        listener_.on_mqtt_disconnected({});
      });
    }
    if (clear_inflight) cancel_all_operations();
    return {};
  }

  void pause_reading(bool) override {}  // No schedule sends enough to fill an inbox.

  Error publish(OpKey key, std::string topic, std::string payload) override {
    if (state_ != State::up) return no_connection();
    Publish publish{key, next_mid(), std::move(topic), std::move(payload)};
    if (unacknowledged_.size() >= max_in_flight_ || !queue_.empty()) {
      queue_.push_back(std::move(publish));
    } else {
      send(std::move(publish));
    }
    return {};
  }

  Error subscribe(OpKey key, const std::string& topic) override {
    return send_subscription(Packet::Kind::subscribe, key, topic);
  }
  Error unsubscribe(OpKey key, const std::string& topic) override {
    return send_subscription(Packet::Kind::unsubscribe, key, topic);
  }

  void cancel_all_operations() override {
    std::vector<OpKey> keys;
    for (Publish& publish : unacknowledged_) keys.push_back(std::exchange(publish.key, {}));
    for (const Publish& publish : queue_) keys.push_back(publish.key);
    for (const Subscription& subscription : subscriptions_) keys.push_back(subscription.key);
    queue_.clear();
    subscriptions_.clear();
    for (const OpKey key : keys) {
      if (key) listener_.on_mqtt_acknowledged(key, Error(Errc::operation_cancelled, "cancelled"));
    }
  }

  Error shutdown() override {
    shut_down_ = true;
    abandon();
    cancel_all_operations();
    return {};
  }

  void receive(LinkId link, Packet& packet) {
    if (link != link_) return;
    switch (packet.kind) {
      case Packet::Kind::connack: return on_connack(packet);
      case Packet::Kind::puback: return on_puback(packet.mid);
      case Packet::Kind::suback:
      case Packet::Kind::unsuback: return on_suback(packet);
      case Packet::Kind::publish:
        // As libmosquitto: before the application sees it.
        if (packet.mid) {
          network_.send(link_, End::hub, {.kind = Packet::Kind::puback, .mid = packet.mid});
        }
        return listener_.on_mqtt_message_received(packet.topic, packet.payload);
      case Packet::Kind::hang_up: return on_hang_up();
      default: return;
    }
  }

 private:
  enum class State { down, connecting, up, ending };
  struct Publish {
    OpKey key;
    std::uint16_t mid;
    std::string topic;
    std::string payload;
  };
  struct Subscription {
    OpKey key;
    std::uint16_t mid;
  };

  static Error no_connection() { return Error(Errc::no_connection, "there is no connection"); }

  template <class F>
  void later(Duration delay, F f) {
    network_.later(delay, [device = &device_, attempt = device_.attempt_, f = std::move(f)] {
      if (attempt == device->attempt_) f();
    });
  }

  void dial(std::optional<std::string> password) {
    ++world_.report.counts.dials;
    world_.note("the device dials");
    state_ = State::connecting;
    ++device_.attempt_;
    if (device_.on_dial) device_.on_dial();

    const Mood& mood = *world_.mood;
    later(world_.settings.dial_patience,
          [this] { fail(Error(Errc::connection_failed, "nobody answered")); });
    if (world_.random.chance(mood.refuse_dial)) {
      return later(world_.delay(), [this] { fail(Error(Errc::connection_failed, "refused")); });
    }
    if (world_.random.chance(mood.distrust)) {
      return later(world_.delay(), [this] { fail(Error(Errc::tls_exchange_auth, "not trusted")); });
    }
    if (world_.random.chance(mood.stall_dial)) return;
    link_ = network_.open();
    network_.send(link_, End::hub,
                  {.kind = Packet::Kind::connect, .payload = std::move(password).value_or("")});
  }

  void fail(Error error) {
    device_.last_failure_ = world_.now();
    abandon();
    world_.note("the dial fails: ", error.detail());
    listener_.on_mqtt_connection_failure(std::move(error));
  }

  void on_connack(const Packet& packet) {
    if (state_ != State::connecting) return;
    if (packet.code != 0) {
      if (packet.code == 5) ++world_.report.counts.unauthorized;
      return fail(refused(packet.code));
    }
    state_ = State::up;
    ++device_.attempt_;
    ++world_.report.counts.established;
    world_.note("the transport is connected, session ", packet.session_present ? "present" : "new");
    for (const Publish& publish : unacknowledged_) {
      ++world_.report.counts.sent_again;
      put_on_wire(publish, true);
    }
    send_queued();
    listener_.on_mqtt_connected(packet.session_present);
  }

  void on_puback(std::uint16_t mid) {
    const auto found = std::find_if(unacknowledged_.begin(), unacknowledged_.end(),
                                    [mid](const Publish& p) { return p.mid == mid; });
    if (found == unacknowledged_.end()) return;
    const OpKey key = found->key;
    unacknowledged_.erase(found);
    send_queued();
    acknowledge(key, {});
  }

  void on_suback(const Packet& packet) {
    const auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                                    [&](const Subscription& s) { return s.mid == packet.mid; });
    if (found == subscriptions_.end()) return;
    const OpKey key = found->key;
    subscriptions_.erase(found);
    acknowledge(key, packet.code == 0x80 ? Error(Errc::protocol_client, "SUBACK 0x80") : Error());
  }

  void acknowledge(OpKey key, Error error) {
    if (!key || !listener_.still_waits(key)) ++world_.report.counts.late_answers;
    if (key) listener_.on_mqtt_acknowledged(key, std::move(error));
  }

  void on_hang_up() {
    if (state_ == State::connecting) {
      return fail(Error(Errc::connection_failed, "the far end hung up"));
    }
    const bool asked_for = state_ == State::ending;
    if (!asked_for) ++world_.report.counts.losses;
    go_down(asked_for ? Error() : Error(Errc::connection_dropped, "the far end hung up"));
  }

  void say_farewell() {
    state_ = State::ending;
    ++device_.attempt_;
    network_.send(link_, End::hub, {.kind = Packet::Kind::disconnect});
    // A packet that does not go out at once may take a while.
    const bool slow = world_.mood != &kMoods[0] && world_.random.chance(100);
    later(slow ? std::chrono::seconds{5} : std::chrono::milliseconds{1}, [this] { go_down({}); });
  }

  void go_down(Error cause) {
    if (cause) device_.last_failure_ = world_.now();
    abandon();
    subscriptions_.clear();
    world_.note("the transport is disconnected");
    listener_.on_mqtt_disconnected(std::move(cause));
  }

  // Ends the connection or the attempt, without a notification.
  void abandon() {
    ++device_.attempt_;
    state_ = State::down;
    answering_ = false;
    if (link_) network_.close(std::exchange(link_, 0), End::device);
  }

  std::uint16_t next_mid() {
    return mid_ = mid_ == 65535 ? 1 : static_cast<std::uint16_t>(mid_ + 1);
  }

  void send(Publish publish) {
    put_on_wire(publish, false);
    unacknowledged_.push_back(std::move(publish));
  }

  void put_on_wire(const Publish& publish, bool again) {
    network_.send(link_, End::hub,
                  {.kind = Packet::Kind::publish,
                   .again = again,
                   .mid = publish.mid,
                   .topic = publish.topic,
                   .payload = publish.payload});
  }

  void send_queued() {
    while (!queue_.empty() && unacknowledged_.size() < max_in_flight_) {
      Publish next = std::move(queue_.front());
      queue_.pop_front();
      if (listener_.still_waits(next.key)) send(std::move(next));
    }
  }

  Error send_subscription(Packet::Kind kind, OpKey key, const std::string& topic) {
    if (state_ != State::up) return no_connection();
    if (kind == Packet::Kind::subscribe && device_.on_subscribe) device_.on_subscribe(topic);
    subscriptions_.push_back({key, next_mid()});
    network_.send(link_, End::hub, {.kind = kind, .mid = mid_, .topic = topic});
    return {};
  }

  Device& device_;
  World& world_;
  Network& network_;
  const std::size_t max_in_flight_;
  MqttTransportListener& listener_;
  State state_ = State::down;
  bool answering_ = false;  // A disconnect without a connection is about to be answered.
  bool shut_down_ = false;
  LinkId link_ = 0;
  std::uint16_t mid_ = 0;
  std::vector<Publish> unacknowledged_;  // In order of sending.
  std::deque<Publish> queue_;            // Beyond the window.
  std::vector<Subscription> subscriptions_;
};

Device::Device(World& world, Network& network) : world_(world), network_(network) {
  network_.device = [this](LinkId link, Packet& packet) {
    if (transport_) transport_->receive(link, packet);
  };
}

MqttTransportFactory Device::factory() {
  return [this](EventLoop&, const MqttTransportConfig& config,
                MqttTransportListener& listener) -> Result<std::unique_ptr<MqttTransport>> {
    return std::unique_ptr<MqttTransport>(
        std::make_unique<Transport>(*this, config.max_in_flight, listener));
  };
}

bool Device::up() const { return transport_ && transport_->up(); }
bool Device::idle() const { return !transport_ || transport_->idle(); }
LinkId Device::link() const { return transport_ ? transport_->link() : 0; }

}  // namespace azure::iot::device::simulation
