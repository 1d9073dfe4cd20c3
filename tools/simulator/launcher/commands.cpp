#include "launcher/commands.hpp"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "launcher/control_client.hpp"
#include "launcher/event_reader.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kAnswerPatience{20'000};  // A broker that restarts may take ten seconds.

JsonObject request_for(std::string_view command, const std::string& device = {}) {
  JsonObject request;
  request.add("id", 1).add("command", command);
  if (!device.empty()) request.add("device_id", device);
  return request;
}

int print(const JsonValue& result) {
  std::cout << to_text(result) << std::endl;
  return kDone;
}

Json parse_argument(const std::string& text, const char* what) {
  auto value = parse_json(text, kMaxBodyDepth);
  if (!value) throw std::invalid_argument(std::string(what) + " is no JSON: " + text);
  return std::move(*value);
}

bool is_wanted(const JsonValue& event, const WatchOptions& options) {
  const std::string kind = string_member(event, "event");
  if (!options.device.empty()) {
    std::string name = string_member(event, "device_id");
    const std::string module = string_member(event, "module_id");
    if (!module.empty()) name += "/" + module;
    if (name != options.device) return false;
  }
  if (!options.telemetry && !options.connections) return true;
  const bool is_connection = kind == "connected" || kind == "disconnected" || kind == "refused";
  return (options.telemetry && kind == "telemetry") || (options.connections && is_connection);
}

}  // namespace

std::filesystem::path choose_control_socket(const std::string& named) {
  if (!named.empty()) return named;
  const char* configured = std::getenv("IOTHUB_SIM_CONTROL");
  if (configured != nullptr && *configured != '\0') return configured;
  if (const auto found = find_control_socket()) return *found;
  throw std::runtime_error(
      "no running simulator was found: start one with 'iothub-sim run', or name its socket with "
      "--control or IOTHUB_SIM_CONTROL");
}

int run_simple(const std::filesystem::path& socket, const std::string& command,
               const std::string& device) {
  return print(ControlClient(socket).call(request_for(command, device), kAnswerPatience));
}

int run_send_c2d(const std::filesystem::path& socket, const C2dOptions& options) {
  JsonObject request = request_for("send-c2d", options.device);
  request.add("payload", options.text).add("message_id", options.message_id);
  JsonObject system_properties;
  const std::pair<const char*, const std::string*> named[] = {{"$.cid", &options.correlation_id},
                                                              {"$.uid", &options.user_id},
                                                              {"$.ct", &options.content_type},
                                                              {"$.ce", &options.content_encoding},
                                                              {"iothub-ack", &options.ack}};
  for (const auto& [name, value] : named) {
    if (!value->empty()) system_properties.add(name, *value);
  }
  request.add("system_properties", std::move(system_properties));
  JsonObject properties;
  for (const auto& property : options.properties) {
    const auto equals = property.find('=');
    if (equals == std::string::npos) {
      properties.add_null(property);
    } else {
      properties.add(property.substr(0, equals), property.substr(equals + 1));
    }
  }
  request.add("properties", std::move(properties));
  if (options.expiry_seconds) request.add("expiry_seconds", *options.expiry_seconds);
  return print(ControlClient(socket).call(request, kAnswerPatience));
}

int run_invoke(const std::filesystem::path& socket, const std::string& device,
               const std::string& method, const std::string& payload, double timeout_seconds) {
  const auto timeout_ms = static_cast<std::int64_t>(std::ceil(timeout_seconds * 1000));
  JsonObject request = request_for("invoke", device);
  request.add("method", method).add("timeout_ms", timeout_ms);
  if (!payload.empty()) {
    request.add("payload",
                static_cast<const JsonValue&>(parse_argument(payload, "the method's body")));
  }
  try {
    return print(ControlClient(socket).call(request, milliseconds(timeout_ms) + kAnswerPatience));
  } catch (const RequestRefused& refused) {
    if (refused.code != 504101) throw;
    std::cerr << "iothub-sim: " << refused.what() << '\n';
    return kTimedOut;
  }
}

int run_twin(const std::filesystem::path& socket, const std::string& device,
             const std::string& desired) {
  JsonObject request = request_for("twin", device);
  if (!desired.empty()) {
    request.add("desired", static_cast<const JsonValue&>(parse_argument(desired, "--desired")));
  }
  const Json result = ControlClient(socket).call(request, kAnswerPatience);
  return print(desired.empty() ? result["twin"] : result);
}

int run_watch(const std::filesystem::path& socket, const WatchOptions& options) {
  const Json info = ControlClient(socket).call(request_for("info"), kAnswerPatience);
  EventReader reader(string_member(info, "event_log"),
                     options.from_start ? EventReader::From::start : EventReader::From::now);
  std::optional<steady_clock::time_point> deadline;
  if (options.follow) {
    // A day stands for "for ever": whoever wants to watch longer than that runs it again.
    const std::chrono::duration<double> patience(options.timeout_seconds.value_or(24.0 * 3600));
    deadline = steady_clock::now() + std::chrono::ceil<milliseconds>(patience);
  }
  std::int64_t seen = 0;
  while (!options.count || seen < *options.count) {
    const auto line = reader.next(deadline);
    if (!line) break;
    const auto event = parse_json(*line);
    if (!event || !is_wanted(*event, options)) continue;
    std::cout << *line << std::endl;
    ++seen;
  }
  if (!options.count || seen >= *options.count) return kDone;
  std::cerr << "iothub-sim: saw " << seen << " of " << *options.count << " events"
            << (reader.ended() ? "; the simulator has ended\n" : " in the time allowed\n");
  return kTimedOut;
}

}  // namespace azure::iot::device::simulator
