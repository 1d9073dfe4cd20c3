#include "fake_hub.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <azure/iot/device/iothub/mqtt_topic_iothub.hpp>

namespace azure::iot::device::test {
namespace {

constexpr std::string_view kTwinGet = "$iothub/twin/GET/?$rid=";
constexpr std::string_view kTwinPatch = "$iothub/twin/PATCH/properties/reported/?$rid=";
constexpr std::string_view kMethodResponse = "$iothub/methods/res/";
constexpr std::string_view kRid = "/?$rid=";

std::string after_prefix(const std::string& topic, std::string_view prefix) {
  return topic.substr(prefix.size());
}

std::optional<std::string> take_custom(Message& message, std::string_view name) {
  const auto* found = message.custom_properties.find(name);
  std::optional<std::string> value = found ? *found : std::nullopt;
  message.custom_properties.erase(name);
  return value;
}

Json json_of(std::string_view text) {
  Result<Json> parsed = Json::parse(text);
  return parsed ? *std::move(parsed) : Json();
}

// A sent message encodes its properties in the same way as a received one, and may have two more.
Message message_of(const Packet& packet, std::size_t base_size) {
  Message message{.data = packet.payload};
  const std::string as_received =
      "devices/dev1/messages/devicebound/" + packet.topic.substr(base_size);
  mqtt_topic_iothub::extract_message_properties_from_topic(as_received, message);
  message.output_name = take_custom(message, "$.on");
  message.iothub_interface_id = take_custom(message, "$.ifid");
  return message;
}

// "$iothub/methods/res/200/?$rid=1".
MethodResponse method_response_of(const Packet& packet) {
  MethodResponse response{.request_id = {}, .status = 0, .payload = json_of(packet.payload)};
  const char* const end = packet.topic.data() + packet.topic.size();
  std::from_chars(packet.topic.data() + kMethodResponse.size(), end, response.status);
  const auto rid = packet.topic.find(kRid);
  if (rid != std::string::npos) response.request_id = packet.topic.substr(rid + kRid.size());
  return response;
}

}  // namespace

FakeHub::FakeHub() {
  transport.reply_to = [this](const Packet& packet) { return reply_to(packet); };
  transport.on_packet = [this](const Packet& packet) { serve(packet); };
}

void FakeHub::add(Script& script, std::initializer_list<Reply> replies) {
  script.insert(script.end(), replies);
}

std::optional<Reply> FakeHub::take(Script& script) {
  if (script.empty()) return std::nullopt;
  Reply reply = std::move(script.front());
  script.pop_front();
  return reply;
}

std::optional<Reply> FakeHub::reply_to(const Packet& packet) {
  if (packet.kind == Packet::Kind::subscribe) return take(subscribes_);
  if (packet.kind == Packet::Kind::unsubscribe) return take(unsubscribes_);
  if (packet.topic.starts_with(kMethodResponse)) return take(method_responses_);
  if (packet.topic.starts_with(telemetry_topic())) return take(messages_);
  return std::nullopt;
}

void FakeHub::serve(const Packet& packet) {
  if (packet.kind != Packet::Kind::publish) return;
  const std::string telemetry = telemetry_topic();
  if (packet.topic.starts_with(telemetry)) {
    sent_messages_.push_back(message_of(packet, telemetry.size()));
  } else if (packet.topic.starts_with(kMethodResponse)) {
    sent_responses_.push_back(method_response_of(packet));
  } else if (packet.topic.starts_with(kTwinGet)) {
    answer(twin_reads_, 200, after_prefix(packet.topic, kTwinGet), twin);
  } else if (packet.topic.starts_with(kTwinPatch)) {
    sent_patches_.push_back(json_of(packet.payload));
    answer(twin_patches_, 204, after_prefix(packet.topic, kTwinPatch), {});
  }
}

void FakeHub::answer(Script& script, int usual, std::string rid, std::string body) {
  const auto give = [this, usual, rid = std::move(rid),
                     body = std::move(body)](std::optional<int> status) {
    const std::string code = std::to_string(status.value_or(usual));
    transport.receive("$iothub/twin/res/" + code + "/?$rid=" + rid,
                      status.value_or(usual) < 300 ? body : std::string());
  };
  transport.serve(take(script).value_or(accept), give);
}

void FakeHub::release() {
  transport.release();
  loop->run_posted();
}

std::size_t FakeHub::count_responses(std::string_view request_id) const {
  return static_cast<std::size_t>(
      std::count_if(sent_responses_.begin(), sent_responses_.end(),
                    [&](const MethodResponse& r) { return r.request_id == request_id; }));
}

void FakeHub::receive(std::string_view topic, std::string_view payload, const Reply& how) {
  transport.serve(how, [this, topic = std::string(topic),
                        payload = std::string(payload)](std::optional<int> status) {
    if (!status) transport.receive(topic, payload);
  });
  loop->run_posted();
}

void FakeHub::receive_c2d(std::string_view payload, const Reply& how) {
  receive(device_topic() + "/messages/devicebound/%24.mid=" + std::to_string(++received_), payload,
          how);
}

void FakeHub::receive_input(std::string_view input, std::string_view payload, const Reply& how) {
  receive(identity_topic() + "/inputs/" + std::string(input) +
              "/%24.mid=" + std::to_string(++received_),
          payload, how);
}

std::string FakeHub::invoke_method(std::string_view name, std::string_view payload,
                                   const Reply& how) {
  std::string rid = std::to_string(++methods_);
  receive("$iothub/methods/POST/" + std::string(name) + "/?$rid=" + rid, payload, how);
  return rid;
}

void FakeHub::patch_desired(Json patch, const Reply& how) {
  patch.set("$version", ++desired_version_);
  receive("$iothub/twin/PATCH/properties/desired/?$version=" + std::to_string(desired_version_),
          patch.dump(), how);
}

void FakeHub::drop() {
  transport.drop();
  loop->run_posted();
}

void FakeHub::fall_silent() {
  transport.fall_silent();
  loop->run_posted();
}

// The client id is "dev1" for a device and "dev1/mod1" for a module.
std::string FakeHub::device_topic() const {
  const std::string& id = transport.config().client_id;
  return "devices/" + id.substr(0, id.find('/'));
}

std::string FakeHub::identity_topic() const {
  const std::string& id = transport.config().client_id;
  const auto slash = id.find('/');
  const bool is_module = slash != std::string::npos;
  return device_topic() + (is_module ? "/modules/" + id.substr(slash + 1) : std::string());
}

std::string FakeHub::telemetry_topic() const { return identity_topic() + "/messages/events/"; }

}  // namespace azure::iot::device::test
