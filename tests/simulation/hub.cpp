#include "simulation/hub.hpp"

#include <algorithm>
#include <charconv>

namespace azure::iot::device::simulation {
namespace {

// The number at the start of a text; 0 if there is none.
template <class T>
T number_in(std::string_view text) {
  T number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string_view behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

std::optional<std::size_t> feature_of(std::string_view topic) {
  for (std::size_t i = 0; i < std::size(kFeatures); ++i) {
    if (kFeatures[i].topic == topic) return i;
  }
  return std::nullopt;
}

template <class T>
void grow_to_hold(std::vector<T>& values, std::size_t index) {
  if (values.size() <= index) values.resize(index + 1);
}

}  // namespace

Hub::Hub(World& world, Network& network) : world_(world), network_(network) {
  network_.hub = [this](LinkId link, Packet& packet) { receive(link, packet); };
}

void Hub::receive(LinkId link, Packet& packet) {
  if (packet.kind == Packet::Kind::connect) return on_connect(link, packet.payload);
  if (link != link_) return;
  switch (packet.kind) {
    case Packet::Kind::publish: return on_publish(packet);
    case Packet::Kind::puback: return on_puback(packet.mid);
    case Packet::Kind::subscribe: return on_subscribe(packet);
    case Packet::Kind::unsubscribe: return on_unsubscribe(packet);
    case Packet::Kind::disconnect:
    case Packet::Kind::hang_up: return hang_up();
    default: return;
  }
}

void Hub::on_connect(LinkId link, const std::string& password) {
  // One connection for each device: the later one takes over.
  if (link_) network_.close(std::exchange(link_, 0), End::hub);
  std::uint8_t code = 0;
  if (world_.random.chance(world_.mood->unavailable)) code = 3;
  if (world_.random.chance(world_.mood->unauthorized)) code = 5;
  authorized_until_.reset();
  if (world_.settings.credential != Settings::Credential::certificate) {
    const auto expiry = number_in<std::int64_t>(behind(password, "se="));
    authorized_until_ = WallTime(std::chrono::seconds(expiry));
    if (*authorized_until_ <= world_.loop->wall_now()) code = 5;
  }
  world_.note("the hub answers the connect with code ", int{code});
  network_.send(
      link, End::device,
      {.kind = Packet::Kind::connack, .code = code, .session_present = code == 0 && session_});
  if (code != 0) return network_.close(link, End::hub);
  link_ = link;
  if (world_.random.chance(world_.mood->flap)) {
    network_.later(world_.delay(), [this, link] {
      if (link == link_) hang_up();
    });
  }
  if (!std::exchange(session_, true)) std::fill(std::begin(features_), std::end(features_), false);
  deliver_c2d();
}

void Hub::hang_up() { network_.close(std::exchange(link_, 0), End::hub); }

void Hub::on_publish(const Packet& packet) {
  if (world_.random.chance(world_.mood->drop_on_publish)) return hang_up();
  const std::string_view topic = packet.topic;
  if (topic.starts_with("devices/dev1/messages/events/")) {
    const auto message = number_in<std::uint32_t>(packet.payload);
    grow_to_hold(places_, message);
    if (places_[message] == 0) places_[message] = ++last_place_;
    world_.note("the hub takes message ", message, packet.again ? " again" : "");
  }
  // Before the answer, as the hub does.
  reply({.kind = Packet::Kind::puback, .mid = packet.mid});
  if (world_.random.chance(world_.mood->twice)) {
    reply({.kind = Packet::Kind::puback, .mid = packet.mid});
  }
  if (topic.starts_with("$iothub/twin/")) on_twin_request(topic, packet.payload);
}

void Hub::on_twin_request(std::string_view topic, std::string_view payload) {
  const std::string rid(behind(topic, "$rid="));
  const bool patch = topic.starts_with("$iothub/twin/PATCH");
  if (patch) {
    const auto number = number_in<std::uint32_t>(behind(payload, "\"n\": "));
    grow_to_hold(patched_, number);
    patched_[number] = true;
  }
  const Mood& mood = *world_.mood;
  if (!features_[kTwinNumber] || world_.random.chance(mood.ignore_twin)) return;
  std::string status = patch ? "204" : "200";
  std::string body = patch ? ""
                           : "{\"desired\":{\"$version\":" + std::to_string(desired_version_) +
                                 "},\"reported\":{\"$version\":1}}";
  if (world_.random.chance(mood.fail_twin)) {
    status = world_.random.chance(500) ? "429" : "500";
    body.clear();
  } else if (!patch && world_.random.chance(mood.garble_twin)) {
    body = "{\"desired\":";
  }
  world_.note("the hub answers request ", rid, " with ", status);
  const std::string response = "$iothub/twin/res/" + status + "/?$rid=" + rid;
  publish(response, body);
  if (world_.random.chance(mood.twice)) publish(response, body);
}

void Hub::on_subscribe(const Packet& packet) {
  if (world_.random.chance(world_.mood->drop_on_subscribe)) return hang_up();
  if (world_.random.chance(world_.mood->ignore_subscription)) return;
  const bool refuse = world_.random.chance(world_.mood->refuse_subscription);
  const auto feature = feature_of(packet.topic);
  world_.note("the hub ", refuse ? "refuses" : "grants", " a subscription to ", packet.topic);
  if (!refuse && feature) {
    features_[*feature] = true;
    ++subscribed_[*feature];
  }
  const std::uint8_t code = refuse || !feature ? 0x80 : 1;
  reply({.kind = Packet::Kind::suback, .code = code, .mid = packet.mid});
  deliver_c2d();
}

void Hub::on_unsubscribe(const Packet& packet) {
  if (world_.random.chance(world_.mood->ignore_subscription)) return;
  if (const auto feature = feature_of(packet.topic)) {
    features_[*feature] = false;
    ++unsubscribed_[*feature];
  }
  reply({.kind = Packet::Kind::unsuback, .mid = packet.mid});
}

void Hub::on_puback(std::uint16_t mid) {
  std::erase_if(c2d_, [mid](const C2D& message) { return message.mid == mid; });
}

void Hub::send_c2d() {
  c2d_.push_back({++c2d_sent_, 0});
  if (link_ && features_[kC2DNumber]) {
    c2d_.back().mid = ++mid_;
    send(c2d_.back(), false);
  }
}

void Hub::deliver_c2d() {
  if (!link_ || !features_[kC2DNumber]) return;
  for (C2D& message : c2d_) {
    const bool again = message.mid != 0;
    if (!again) message.mid = ++mid_;
    send(message, again);
  }
}

void Hub::send(const C2D& message, bool again) {
  if (again) ++world_.report.counts.redelivered;
  const Packet packet{.kind = Packet::Kind::publish,
                      .again = again,
                      .mid = message.mid,
                      .topic = "devices/dev1/messages/devicebound/%24.mid=m",
                      .payload = std::to_string(message.number)};
  reply(packet);
  if (world_.random.chance(world_.mood->twice)) reply(packet);
}

void Hub::call_method() {
  if (!link_ || !features_[kMethodsNumber]) return;
  publish("$iothub/methods/POST/start/?$rid=" + std::to_string(++methods_called_), "{}");
}

void Hub::change_desired() {
  ++desired_version_;
  if (!link_ || !features_[kTwinPatchesNumber]) return;
  const std::string version = std::to_string(desired_version_);
  publish("$iothub/twin/PATCH/properties/desired/?$version=" + version,
          "{\"$version\":" + version + "}");
}

void Hub::lose_session() {
  if (std::exchange(session_, false)) ++world_.report.counts.sessions_lost;
  // A connected device learns it only with its next connection.
  if (link_) network_.close(std::exchange(link_, 0), End::hub);
}

SteadyTime Hub::expires_at() const {
  if (!link_ || !authorized_until_) return kNever;
  return saturating_add(world_.now(), *authorized_until_ - world_.loop->wall_now());
}

void Hub::sever_if_expired() {
  if (expires_at() > world_.now()) return;
  ++world_.report.counts.severed;
  world_.note("the hub severs the link, since the token has expired");
  network_.close(std::exchange(link_, 0), End::hub);
}

void Hub::reply(Packet packet) {
  if (link_) network_.send(link_, End::device, std::move(packet));
}

void Hub::publish(std::string topic, std::string payload) {
  reply({.kind = Packet::Kind::publish, .topic = std::move(topic), .payload = std::move(payload)});
}

}  // namespace azure::iot::device::simulation
