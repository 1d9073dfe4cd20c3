#include "tools/conformance/wire/fake_hub.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "tests/support/mqtt_packets.hpp"
#include "tools/conformance/wire/hub_connection.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 8883;
constexpr std::uint16_t kWebPort = 443;
constexpr std::string_view kTwinRequest = "$iothub/twin/";
constexpr std::string_view kTwinResponses = "$iothub/twin/res/#";
constexpr std::string_view kRegistration = "$dps/registrations/";
constexpr std::string_view kRegistrationResponses = "$dps/registrations/res/#";

// Returns the text behind "$rid=" in a topic; empty if there is none.
std::string request_id_in(std::string_view topic) {
  constexpr std::string_view kName = "$rid=";
  const std::size_t at = topic.find(kName);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = topic.substr(at + kName.size());
  return std::string(rest.substr(0, rest.find('&')));
}

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

class FakeHub::HubResolver final : public Resolver {
 public:
  explicit HubResolver(FakeHub& hub) : hub_(hub) {}

  void resolve(const std::string& host, Done done) override {
    std::string ip = hub_.behind_proxy_ ? std::string() : hub_.dial(host);
    if (ip.empty()) {
      return done(Error(Errc::connection_failed, "the name " + host + " could not be resolved"));
    }
    done(std::vector<std::string>{std::move(ip)});
  }

 private:
  FakeHub& hub_;
};

FakeHub::FakeHub(const Json& config, const Way& way)
    : behind_proxy_(way.proxy),
      script_(config),
      address_(way.websockets ? kWebPort : kPort),
      closed_(address_.port()),
      server_([this, websockets = way.websockets](
                  test::ScriptedConnection& client) { serve(client, websockets); },
              {.ip = address_.ip(), .port = address_.port()}),
      proxy_(script_, {.ip = address_.ip(), .port = address_.port()}) {}

FakeHub::~FakeHub() = default;

std::shared_ptr<Resolver> FakeHub::resolver() { return std::make_shared<HubResolver>(*this); }

std::string FakeHub::dial(const std::string& host) {
  {
    const std::lock_guard lock(mutex_);
    dials_.push_back({{"host", host}, {"port", address_.port()}, {"step", step_.load()}});
  }
  const std::string outcome = script_.next_word("dial");
  if (outcome == "unresolvable") return {};
  return outcome == "refuse" ? closed_.ip() : address_.ip();
}

void FakeHub::serve(test::ScriptedConnection& client, bool web_socket) {
  if (script_.next_word("tls") == "close_before_handshake") return;
  const Certificates& certificates = Certificates::get();
  const bool badname = script_.next_word("server_cert") == "badname";
  if (!client.start_tls({.certificate = badname ? certificates.badname : certificates.server,
                         .client_ca = certificates.ca})) {
    return;
  }

  auto stream = web_socket ? HubStream::over_web_socket(client) : HubStream::over_tls(client);
  if (!stream) return;
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    connection = current_ = std::make_shared<Connection>(client, std::move(stream), ++connections_);
  }
  connection->run([&](const std::string& packet) {
    try {
      handle(*connection, packet);
    } catch (const std::exception& e) {
      const std::lock_guard lock(mutex_);
      why_broken_ = e.what();
    }
  });
  connection->forget();
}

std::optional<std::string> FakeHub::why_broken() const {
  const std::lock_guard lock(mutex_);
  return why_broken_;
}

void FakeHub::handle(Connection& connection, const std::string& packet) {
  using test::PacketType;
  const Json read = read_packet(packet);
  note(read, connection);
  switch (test::type_of(packet)) {
    case PacketType::connect: {
      if (!handle_connect(connection)) connection.end();
      break;
    }
    case PacketType::publish: handle_publish(connection, packet, read); break;
    case PacketType::subscribe: handle_subscribe(connection, packet, read); break;
    case PacketType::unsubscribe: handle_unsubscribe(connection, packet); break;
    case PacketType::pingreq:
      if (script_.next_word("pingresp") == "ok") connection.write(test::pingresp());
      break;
    case PacketType::disconnect: connection.end(); break;
    case PacketType::puback: break;
  }
}

// Returns false if the connection has ended.
bool FakeHub::handle_connect(Connection& connection) {
  const auto delay = script_.next("connack_delay_ms");
  if (delay) {
    constexpr std::int64_t kLongest = 60'000;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::clamp<std::int64_t>(delay->as_int(), 0, kLongest)));
  }
  const auto answer = script_.next("connack");
  if (answer && answer->is_string()) return answer->as_string() == "silent";
  const int code = answer ? static_cast<int>(answer->as_int()) : 0;
  if (code != 0) {
    connection.write(test::connack(code));
    return false;
  }
  const auto present = script_.next("session_present");
  const bool knows_session =
      present ? *present == Json(true) || *present == Json(1) : sessions_ > 0;
  ++sessions_;
  connection.write(test::connack(0, knows_session));
  return true;
}

void FakeHub::handle_subscribe(Connection& connection, const std::string& packet,
                               const Json& read) {
  const std::string word = script_.next_word("suback");
  if (word == "close") return connection.end();
  if (word == "none") return;
  constexpr int kRefused = 0x80;
  if (word == "ok") {
    const std::lock_guard lock(mutex_);
    for (const Json& each : read["subscriptions"].elements()) {
      if (each["topic"].is_string()) subscriptions_.insert(each["topic"].as_string());
    }
  }
  connection.write(test::suback(test::mid_of(packet), word == "ok" ? 1 : kRefused));
}

void FakeHub::handle_unsubscribe(Connection& connection, const std::string& packet) {
  const std::string word = script_.next_word("unsuback");
  if (word == "close") return connection.end();
  if (word != "none") connection.write(test::unsuback(test::mid_of(packet)));
}

void FakeHub::handle_publish(Connection& connection, const std::string& packet, const Json& read) {
  const std::string word = script_.next_word("puback");
  if (word == "close") return connection.end();
  std::string puback = test::puback(test::mid_of(packet));
  if (word == "hold") {
    const std::lock_guard lock(mutex_);
    held_.push_back([to = current_, puback] { to->write(puback); });
  } else {
    connection.write(std::move(puback));
  }
  if (!read["topic"].is_string()) return;
  const std::string topic = read["topic"].as_string();
  if (topic.starts_with(kTwinRequest)) answer_twin(connection, topic);
  if (topic.starts_with(kRegistration)) answer_registration(connection, topic);
}

// Without an entry in the script there is no answer.
void FakeHub::answer_registration(Connection& connection, const std::string& topic) {
  const Json answer = script_.next("dps").value_or("none");
  if (answer == Json("close")) return connection.end();
  if (!answer.is_object()) return;
  if (!script_.next("deliver_unsubscribed") && !subscribed(kRegistrationResponses)) return;

  HubMessage message{.topic = "$dps/registrations/res/" +
                              std::to_string(answer["status"].as_int()) + "/?$rid={rid}",
                     .payload = {},
                     .qos = 0};
  if (const Json* seconds = answer.find("retry_after"); seconds && !seconds->is_null()) {
    message.topic +=
        "&retry-after=" + (seconds->is_string() ? seconds->as_string() : seconds->dump());
  }
  if (const Json* other = answer.find("topic")) message.topic = other->as_string();
  message.topic = replace_all(message.topic, "{rid}", request_id_in(topic));
  if (const Json* body = answer.find("body")) message.payload = body->dump();
  if (const Json* body = answer.find("body_text")) message.payload = body->as_string();
  if (const Json* qos = answer.find("qos")) message.qos = static_cast<int>(qos->as_int());
  connection.publish(message);
}

void FakeHub::answer_twin(Connection& connection, const std::string& topic) {
  const bool is_get = topic.starts_with("$iothub/twin/GET/");
  Json response = script_.next("twin_responses").value_or(Json::object());
  if (!response.is_object()) return;  // "none"
  if (!script_.next("deliver_unsubscribed") && !subscribed(kTwinResponses)) return;

  if (!response.contains("status")) response.set("status", is_get ? 200 : 204);
  HubMessage message;
  message.topic =
      "$iothub/twin/res/" + std::to_string(response["status"].as_int()) + "/?$rid={rid}";
  if (is_get) {
    const Json twin = script_.value("twin").value_or(
        Json{{"desired", {{"$version", 1}}}, {"reported", {{"$version", 1}}}});
    message.payload = twin.dump();
  } else {
    message.topic += "&$version=" + std::to_string(++reported_version_);
  }
  if (const Json* body = response.find("payload_text")) message.payload = body->as_string();
  if (const Json* other = response.find("topic")) message.topic = other->as_string();
  message.topic = replace_all(message.topic, "{rid}", request_id_in(topic));
  const Json* qos = response.find("qos");
  message.qos = qos ? static_cast<int>(qos->as_int()) : 0;
  connection.publish(message);
}

bool FakeHub::subscribed(std::string_view topic) {
  const std::lock_guard lock(mutex_);
  return subscriptions_.contains(std::string(topic));
}

void FakeHub::note(Json packet, const Connection& connection) {
  const std::lock_guard lock(mutex_);
  packet.set("conn", connection.number());
  packet.set("step", step_.load());
  if (packet["packet"] == Json("CONNECT")) {
    const test::ScriptedConnection& client = connection.client();
    Json tls{{"sni", client.server_name()}, {"cipher", client.cipher()}};
    if (const std::string name = client.client_name(); !name.empty()) {
      tls.set("client_cert_cn", name);
    }
    packet.set("tls", std::move(tls));
    packet.set("websocket", connection.upgrade());
  }
  if (packet["packet"] == Json("PUBLISH") && packet["topic"].is_string()) {
    note_request_id(packet["topic"].as_string());
  }
  wire_.push_back(std::move(packet));
  came_.notify_all();
}

void FakeHub::note_request_id(const std::string& topic) {
  if (!topic.starts_with(kTwinRequest) && !topic.starts_with(kRegistration)) return;
  const std::string id = request_id_in(topic);
  if (std::find(request_ids_.begin(), request_ids_.end(), id) == request_ids_.end()) {
    request_ids_.push_back(id);
  }
}

std::string FakeHub::fill_in_request_ids(std::string text) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < request_ids_.size(); ++i) {
    text = replace_all(std::move(text), "{rid:" + std::to_string(i + 1) + "}", request_ids_[i]);
  }
  return text;
}

void FakeHub::publish(HubMessage message) {
  message.topic = fill_in_request_ids(std::move(message.topic));
  std::shared_ptr<Connection> to;
  std::int64_t acknowledged = 0;
  {
    const std::lock_guard lock(mutex_);
    to = current_;
    acknowledged = std::count_if(wire_.begin(), wire_.end(), [](const Json& packet) {
      return packet["packet"] == Json("PUBACK");
    });
  }
  if (!to) return;
  to->publish(message);
  if (message.qos > 0) wait_for("PUBACK", acknowledged + 1, 500ms);
}

void FakeHub::drop() {
  std::shared_ptr<Connection> to;
  {
    const std::lock_guard lock(mutex_);
    to = current_;
  }
  if (to) to->drop();
}

void FakeHub::release_pubacks() {
  std::vector<std::function<void()>> held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(held_);
  }
  for (const auto& release : held) release();
}

bool FakeHub::wait_for(std::string_view packet, std::int64_t count,
                       std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return came_.wait_for(lock, timeout, [&] {
    return std::count_if(wire_.begin(), wire_.end(),
                         [&](const Json& each) { return each["packet"] == Json(packet); }) >= count;
  });
}

void FakeHub::wait_until_quiet(std::chrono::milliseconds quiet) {
  const auto until = std::chrono::steady_clock::now() + 1s;
  std::unique_lock lock(mutex_);
  while (std::chrono::steady_clock::now() < until) {
    const std::size_t before = wire_.size();
    const bool more = came_.wait_for(lock, quiet, [&] { return wire_.size() > before; });
    if (!more && (!current_ || current_->idle())) return;
  }
}

std::vector<Json> FakeHub::wire() const {
  const std::lock_guard lock(mutex_);
  return wire_;
}

std::vector<Json> FakeHub::dials() const {
  const std::lock_guard lock(mutex_);
  return dials_;
}

}  // namespace azure::iot::device::conformance::wire
