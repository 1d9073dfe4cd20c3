// The service side of the hub: commands of the launcher, JSON in and out (see hub/control.hpp).
#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "common/crypto.hpp"
#include "hub/hub.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::int64_t kMaxMethodTimeoutMs = 300'000;
constexpr std::int64_t kMaxC2dSeconds = 2 * 24 * 3600;

// The body of a message: `payload` as text, or `payload_b64`.
std::optional<std::string> payload_of(const JsonValue& command) {
  if (!command.HasMember("payload_b64")) return string_member(command, "payload");
  return base64_decode(string_member(command, "payload_b64"));
}

void add_properties(Properties& properties, const JsonValue& command, const char* member) {
  if (!command.HasMember(member) || !command[member].IsObject()) return;
  for (const auto& entry : command[member].GetObject()) {
    properties.emplace_back(entry.name.GetString(),
                            entry.value.IsString()
                                ? std::optional<std::string>(entry.value.GetString())
                                : std::nullopt);
  }
}

std::chrono::seconds life_of(const JsonValue& command) {
  const auto seconds =
      integer_member(command, "expiry_seconds", kDefaultMessageLife / std::chrono::seconds(1));
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMaxC2dSeconds));
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
  } catch (const std::system_error& error) {
    reply(id, ControlError{500001, std::string(error.what()) + ": nothing was changed"});
  }
}

void Hub::run_command(std::int64_t id, const JsonValue& command) {
  const std::string name = string_member(command, "command");
  if (name == "devices") return reply(id, list_devices());
  if (name == "send-c2d") return reply(id, send_c2d(command));
  if (name == "send-input") return reply(id, send_input(command));
  if (name == "invoke") return invoke_method(id, command);
  if (name == "twin") return reply(id, read_or_patch_twin(command));
  if (name == "drop") return reply(id, drop(command));
  if (name == "fault") return reply(id, add_fault(command));
  if (name == "faults") return reply(id, list_faults());
  if (name == "clear-faults") {
    faults_.clear();
    return reply(id, list_faults());
  }
  throw ControlError{400000,
                     "this is a hub, which has no command '" + name +
                         "'; --control with the socket of a provisioning service asks that"};
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
    entry.add("waiting_c2d", static_cast<std::int64_t>(messages_.waiting_for(name)));
    Json features(rapidjson::kArrayType);
    std::set<Feature> in_use;
    for (const auto& [filter, feature] : identity.subscriptions) in_use.insert(feature);
    for (const Feature feature : in_use) {
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
  if (static_cast<std::int64_t>(payload->size()) > config_.limits.c2d_bytes) {
    throw ControlError{413001, "a cloud-to-device message may hold 64 KB"};
  }
  if (static_cast<std::int64_t>(messages_.waiting_for(identity.name())) >=
      config_.limits.c2d_queue) {
    throw ControlError{403004, "the device has 50 messages waiting already"};
  }
  const std::string message_id = string_member(command, "message_id");
  Properties properties;
  if (!message_id.empty()) properties.emplace_back("$.mid", message_id);
  properties.emplace_back("$.to", "/devices/" + identity.device_id + "/messages/devicebound");
  add_properties(properties, command, "system_properties");
  add_properties(properties, command, "properties");

  queue_message(identity, message_id, c2d_topic(identity, properties), *payload, life_of(command));
  return hand_over(identity);
}

// Sends as an Edge hub does for a route. Unlike for a device's queue, no limit is known.
JsonObject Hub::send_input(const JsonValue& command) {
  Identity& identity = named_identity(command);
  if (identity.module_id.empty()) throw ControlError{400000, "only modules have inputs"};
  const std::string input = string_member(command, "input");
  if (input.empty() || input.find('/') != std::string::npos) {
    throw ControlError{400000, "the input needs a name, without '/'"};
  }
  const auto payload = payload_of(command);
  if (!payload) throw ControlError{400000, "payload_b64 is no base64"};
  if (static_cast<std::int64_t>(payload->size()) > config_.limits.d2c_bytes) {
    throw ControlError{413001, "a message to an input may hold 256 KB"};
  }
  const std::string message_id = string_member(command, "message_id");
  Properties properties;
  if (!message_id.empty()) properties.emplace_back("$.mid", message_id);
  add_properties(properties, command, "system_properties");
  add_properties(properties, command, "properties");
  queue_message(identity, message_id, input_topic(identity, input, properties), *payload,
                life_of(command));
  return hand_over(identity);
}

JsonObject Hub::hand_over(Identity& identity) {
  const bool now = can_receive(identity);
  if (now) deliver_messages(identity);
  JsonObject result;
  result.add("delivered", now);
  result.add("waiting", static_cast<std::int64_t>(messages_.waiting_for(identity.name())));
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
  if (static_cast<std::int64_t>(payload.size()) > config_.limits.method_bytes) {
    throw ControlError{413001, "the body of a method may hold 128 KB"};
  }
  if (strike(FaultKind::throttle, identity)) {
    throw ControlError{429001, "the fault 'throttle'"};
  }
  if (config_.limits.methods_in_flight > 0 &&
      static_cast<std::int64_t>(calls_.waiting_for(identity.name())) >=
          config_.limits.methods_in_flight) {
    throw ControlError{403800, "the device has too many unanswered methods"};
  }
  const std::chrono::milliseconds timeout(std::clamp<std::int64_t>(
      integer_member(command, "timeout_ms", 30'000), 1, kMaxMethodTimeoutMs));
  const std::string rid =
      calls_.begin({id, identity.name(), method, std::chrono::steady_clock::now() + timeout});
  JsonObject event = EventLog::event("method_request", identity);
  events_.note(event.add("method", method).add("rid", rid));
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
  if (!identity.twin.fits(Twin::Section::desired, patch, config_.limits.twin_bytes)) {
    throw ControlError{413001, "the desired properties would exceed 32 KB"};
  }
  const auto version = patch_twin(identity, Twin::Section::desired, patch, "twin_desired");

  // A device that is offline reads the change with its twin when it connects.
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
  if (was_connected) sever(identity, {0, "the command 'drop'"});
  JsonObject result;
  result.add("dropped", was_connected);
  return result;
}

void Hub::reply(std::int64_t id, JsonObject result) {
  simulator::reply(broker_, id, std::move(result));
}

void Hub::reply(std::int64_t id, const ControlError& error) {
  simulator::reply(broker_, id, error);
}

}  // namespace azure::iot::device::simulator
