#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/hub_features.hpp"
#include "simulation/network.hpp"

namespace azure::iot::device::simulation {

// A hub with one device, as the device can observe it. Its session outlives connections, a token
// that expires ends one, and messages to the device are repeated until they are acknowledged.
class Hub {
 public:
  Hub(World& world, Network& network);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Events on the side of the service.
  void send_c2d();
  void call_method();
  void change_desired();
  void lose_session();

  // The time at which the token of the connection expires; kNever if it does not.
  SteadyTime expires_at() const;
  void sever_if_expired();

  // The position at which this message first arrived, among all telemetry; 0: it never did.
  std::uint32_t place_of(std::uint32_t message) const {
    return message < places_.size() ? places_[message] : 0;
  }
  std::uint32_t c2d_sent() const { return c2d_sent_; }
  // The number of the last message up to which the device has acknowledged all.
  std::uint32_t c2d_acknowledged() const {
    return c2d_.empty() ? c2d_sent_ : c2d_.front().number - 1;
  }
  std::int64_t desired_version() const { return desired_version_; }
  bool was_patched_with(std::uint32_t number) const {
    return number < patched_.size() && patched_[number];
  }
  // How often the hub granted a subscription to the feature's topic, or ended one.
  std::uint32_t subscribed(std::size_t feature) const { return subscribed_[feature]; }
  std::uint32_t unsubscribed(std::size_t feature) const { return unsubscribed_[feature]; }

 private:
  struct C2D {
    std::uint32_t number;
    std::uint16_t mid;  // 0: not sent on any connection yet.
  };

  void receive(LinkId link, Packet& packet);
  void hang_up();
  void on_connect(LinkId link, const std::string& password);
  void on_publish(const Packet& packet);
  void on_subscribe(const Packet& packet);
  void on_unsubscribe(const Packet& packet);
  void on_twin_request(std::string_view topic, std::string_view payload);
  void on_puback(std::uint16_t mid);

  void reply(Packet packet);
  void publish(std::string topic, std::string payload);
  void deliver_c2d();
  void send(const C2D& message, bool again);

  World& world_;
  Network& network_;

  LinkId link_ = 0;
  std::optional<WallTime> authorized_until_;
  bool session_ = false;
  bool features_[std::size(kFeatures)] = {};
  std::uint32_t subscribed_[std::size(kFeatures)] = {};
  std::uint32_t unsubscribed_[std::size(kFeatures)] = {};

  std::vector<std::uint32_t> places_;  // By message.
  std::uint32_t last_place_ = 0;
  std::vector<bool> patched_;
  std::int64_t desired_version_ = 1;
  std::uint32_t methods_called_ = 0;
  std::deque<C2D> c2d_;  // Not acknowledged.
  std::uint32_t c2d_sent_ = 0;
  std::uint16_t mid_ = 0;
};

}  // namespace azure::iot::device::simulation
