// The service side of the hub: commands of the launcher, JSON in and out.
//   in   {"id":7,"command":"invoke","device_id":"d","method":"m",...}
//   out  {"id":7,"ok":true,"result":{...}} or {"id":7,"ok":false,"code":404103,"error":"..."}
#include <algorithm>
#include <utility>

#include "common/crypto.hpp"
#include "hub/hub.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::size_t kMaxQueuedC2d = 50;
constexpr std::size_t kMaxC2dBytes = 64 * 1024;
constexpr std::size_t kMaxMethodBytes = 128 * 1024;
constexpr std::int64_t kMaxMethodTimeoutMs = 300'000;
constexpr std::int64_t kDefaultC2dSeconds = 3600;
constexpr std::int64_t kMaxC2dSeconds = 2 * 24 * 3600;

// The body of a message: `payload` as text, or `payload_b64`.
std::optional<std::string> payload_of(const JsonValue& command) {
  if (!command.HasMember("payload_b64")) return string_member(command, "payload");
  return base64_decode(string_member(command, "payload_b64"));
}

}  // namespace

void Hub::control(std::string_view text) {
  const auto command = parse_json(text);
  if (!command || !command->IsObject()) return;  // There is no id to answer to.
  const auto id = integer_member(*command, "id", 0);
  try {
    run_command(id, *command);
  } catch (const ControlError& error) {
    reply(id, error);
  }
}

void Hub::run_command(std::int64_t id, const JsonValue& command) {
  const std::string name = string_member(command, "command");
  if (name == "devices") return reply(id, list_devices());
  if (name == "send-c2d") return reply(id, send_c2d(command));
  if (name == "invoke") return invoke_method(id, command);
  if (name == "twin") return reply(id, read_or_patch_twin(command));
  if (name == "drop") return reply(id, drop(command));
  throw ControlError{400000, "there is no command '" + name + "'"};
}

Identity& Hub::named_identity(const JsonValue& command) {
  const std::string name = string_member(command, "device_id");
  Identity* identity = identities_.find(name);
  if (identity == nullptr) {
    throw ControlError{404001,
                       "there is no device '" + name + "'; 'iothub-sim devices' lists them"};
  }
  return *identity;
}

JsonObject Hub::list_devices() {
  Json list(rapidjson::kArrayType);
  auto& allocator = list.GetAllocator();
  for (const auto& [name, identity] : identities_.all()) {
    JsonObject entry;
    entry.add("device_id", identity.device_id);
    if (!identity.module_id.empty()) entry.add("module_id", identity.module_id);
    entry.add("connected", identity.connected());
    entry.add("waiting_c2d", static_cast<std::int64_t>(c2d_.waiting_for(name)));
    Json features(rapidjson::kArrayType);
    for (const Feature feature : identity.subscriptions) {
      const std::string_view text = to_string(feature);
      features.PushBack(rapidjson::StringRef(text.data(), text.size()), features.GetAllocator());
    }
    entry.add("subscriptions", features);
    list.PushBack(JsonValue(entry.value(), allocator), allocator);
  }
  JsonObject result;
  result.add("devices", list);
  return result;
}

JsonObject Hub::send_c2d(const JsonValue& command) {
  Identity& identity = named_identity(command);
  if (!identity.module_id.empty()) {
    throw ControlError{400000, "cloud-to-device messages go to devices, not to modules"};
  }
  const auto payload = payload_of(command);
  if (!payload) throw ControlError{400000, "payload_b64 is no base64"};
  if (payload->size() > kMaxC2dBytes) {
    throw ControlError{413001, "a cloud-to-device message may hold 64 KB"};
  }
  if (c2d_.waiting_for(identity.name()) >= kMaxQueuedC2d) {
    throw ControlError{403004, "the device has 50 messages waiting already"};
  }
  const auto seconds = integer_member(command, "expiry_seconds", kDefaultC2dSeconds);
  const std::chrono::seconds life(std::clamp<std::int64_t>(seconds, 0, kMaxC2dSeconds));

  const std::string message_id = string_member(command, "message_id");
  Properties properties;
  if (!message_id.empty()) properties.emplace_back("$.mid", message_id);
  properties.emplace_back("$.to", "/devices/" + identity.device_id + "/messages/devicebound");
  if (command.HasMember("system_properties") && command["system_properties"].IsObject()) {
    for (const auto& member : command["system_properties"].GetObject()) {
      if (member.value.IsString()) {
        properties.emplace_back(member.name.GetString(), member.value.GetString());
      }
    }
  }
  if (command.HasMember("properties") && command["properties"].IsObject()) {
    for (const auto& member : command["properties"].GetObject()) {
      properties.emplace_back(member.name.GetString(),
                              member.value.IsString()
                                  ? std::optional<std::string>(member.value.GetString())
                                  : std::nullopt);
    }
  }

  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const C2dMessage& message = c2d_.push(
      {0, identity.name(), message_id, c2d_topic(identity, properties), *payload, now + life});
  JsonObject event = EventLog::event("c2d_queued", identity);
  events_.write(event.add("message_id", message_id).add("number", message.number));

  const bool can_receive =
      identity.connected() && (!identity.clean_session || identity.subscribed(Feature::c2d));
  if (can_receive) deliver_c2d(identity);
  JsonObject result;
  result.add("delivered", can_receive);
  result.add("waiting", static_cast<std::int64_t>(c2d_.waiting_for(identity.name())));
  return result;
}

void Hub::invoke_method(std::int64_t id, const JsonValue& command) {
  Identity& identity = named_identity(command);
  const std::string method = string_member(command, "method");
  if (method.empty()) throw ControlError{400000, "the method has no name"};
  if (!identity.connected()) throw ControlError{404103, "the device is not connected"};
  if (!identity.subscribed(Feature::methods)) {
    throw ControlError{404103, "the device is connected but has not subscribed to methods"};
  }
  std::string payload = "null";
  if (command.HasMember("payload")) payload = to_text(command["payload"]);
  if (payload.size() > kMaxMethodBytes) {
    throw ControlError{413001, "the body of a method may hold 128 KB"};
  }
  const std::chrono::milliseconds timeout(std::clamp<std::int64_t>(
      integer_member(command, "timeout_ms", 30'000), 1, kMaxMethodTimeoutMs));
  const std::string rid =
      calls_.begin({id, identity.name(), method, std::chrono::steady_clock::now() + timeout});
  JsonObject event = EventLog::event("method_request", identity);
  events_.write(event.add("method", method).add("rid", rid));
  broker_.send(identity.name(), method_request_topic(method, rid), payload, 0);
}

JsonObject Hub::read_or_patch_twin(const JsonValue& command) {
  Identity& identity = named_identity(command);
  JsonObject result;
  if (!command.HasMember("desired")) {
    const auto document = parse_json(identity.twin.document());
    result.add("twin", static_cast<const JsonValue&>(*document));
    return result;
  }
  const JsonValue& patch = command["desired"];
  if (const auto violation = twin_patch_violation(patch)) {
    throw ControlError{400004, "the desired properties were refused: " + *violation};
  }
  const auto version = identity.twin.patch(Twin::Section::desired, patch);
  identities_.save(identity);
  JsonObject event = EventLog::event("twin_desired", identity);
  events_.write(event.add("version", version).add("patch", patch));

  // Nobody is told later of a change that happened while he was away: he reads the twin then.
  const bool notified = identity.connected() && identity.subscribed(Feature::desired_patches);
  if (notified) {
    JsonObject notification;
    for (const auto& member : patch.GetObject()) {
      notification.add(std::string_view(member.name.GetString(), member.name.GetStringLength()),
                       member.value);
    }
    notification.add("$version", version);
    broker_.send(identity.name(), desired_patch_topic(version), notification.text(), 0);
  }
  result.add("version", version).add("notified", notified);
  return result;
}

JsonObject Hub::drop(const JsonValue& command) {
  Identity& identity = named_identity(command);
  const bool was_connected = identity.connected();
  if (was_connected) broker_.cut(identity.name());
  JsonObject result;
  result.add("dropped", was_connected);
  return result;
}

void Hub::reply(std::int64_t id, JsonObject result) {
  JsonObject answer;
  answer.add("id", id).add("ok", true).add("result", std::move(result));
  broker_.send(std::string(kControlClientId), kControlReplyTopic, answer.text(), 0);
}

void Hub::reply(std::int64_t id, const ControlError& error) {
  JsonObject answer;
  answer.add("id", id).add("ok", false).add("code", error.code).add("error", error.text);
  broker_.send(std::string(kControlClientId), kControlReplyTopic, answer.text(), 0);
}

}  // namespace azure::iot::device::simulator
