#include "launcher/commands.hpp"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "hub/faults.hpp"
#include "launcher/control_client.hpp"
#include "launcher/event_reader.hpp"

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

// `{n}` stands for the number of the repetition.
std::string numbered(std::string text, std::int64_t number, const Repetition& repetition) {
  if (repetition.count == 1) return text;
  constexpr std::string_view kMark = "{n}";
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), std::to_string(number));
  }
  return text;
}

void add_json(JsonObject& request, const char* member, const std::string& text, std::int64_t number,
              const Repetition& repetition) {
  if (text.empty()) return;
  const Json value = parse_argument(numbered(text, number, repetition), member);
  request.add(member, static_cast<const JsonValue&>(value));
}

// Sends the requests that `make` returns for 1, 2, ..., and prints the last answer.
int repeat(const std::filesystem::path& socket, const Repetition& repetition, milliseconds patience,
           const std::function<JsonObject(std::int64_t)>& make) {
  ControlClient client(socket);
  Json result;
  const auto start = steady_clock::now();
  for (std::int64_t i = 1; i <= repetition.count; ++i) {
    std::this_thread::sleep_until(start + milliseconds(repetition.interval_ms) * (i - 1));
    result = client.call(make(i), patience);
  }
  return print(result);
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

std::filesystem::path choose_control_socket(const std::string& named, const char* socket_name) {
  if (!named.empty()) return named;
  const char* configured = std::getenv("IOTHUB_SIM_CONTROL");
  if (configured != nullptr && *configured != '\0') return configured;
  const bool dps = socket_name == std::string_view(kDpsSocketName);
  const auto found = find_control_sockets(socket_name);
  if (found.size() == 1) return found.front();
  std::string text;
  if (found.empty()) {
    text =
        std::string("no running simulator was found: start one with 'iothub-sim ") +
        (dps ? "run-dps" : "run") +
        "', or name its socket with --control or IOTHUB_SIM_CONTROL. These folders were searched:";
    for (const auto& place : run_places()) text += "\n  " + place.string();
    throw std::runtime_error(text);
  }
  text = std::to_string(found.size()) +
         " simulators are running: name the socket of one with --control or IOTHUB_SIM_CONTROL. "
         "These answer:";
  for (const auto& socket : found) text += "\n  --control '" + socket.string() + "'";
  throw std::invalid_argument(text);
}

int run_request(const std::filesystem::path& socket, const JsonObject& request) {
  return print(ControlClient(socket).call(request, kAnswerPatience));
}

int run_simple(const std::filesystem::path& socket, const std::string& command,
               const std::string& device) {
  return run_request(socket, request_for(command, device));
}

int run_token(const std::filesystem::path& socket, const TokenOptions& options) {
  JsonObject request = request_for("token", options.device);
  request.add("ttl_seconds", options.ttl_seconds).add("policy", options.policy);
  const Json result = ControlClient(socket).call(request, kAnswerPatience);
  std::cout << string_member(result, "token") << std::endl;
  return kDone;
}

int run_send_message(const std::filesystem::path& socket, const MessageOptions& options) {
  JsonObject system_properties;
  const std::pair<const char*, const std::string*> named[] = {{"$.cid", &options.correlation_id},
                                                              {"$.uid", &options.user_id},
                                                              {"$.ct", &options.content_type},
                                                              {"$.ce", &options.content_encoding},
                                                              {"iothub-ack", &options.ack}};
  for (const auto& [name, value] : named) {
    if (!value->empty()) system_properties.add(name, *value);
  }
  JsonObject properties;
  for (const auto& property : options.properties) {
    const auto equals = property.find('=');
    if (equals == std::string::npos) {
      properties.add_null(property);
    } else {
      properties.add(property.substr(0, equals), property.substr(equals + 1));
    }
  }
  return repeat(socket, options.repetition, kAnswerPatience, [&](std::int64_t number) {
    JsonObject request =
        request_for(options.input.empty() ? "send-c2d" : "send-input", options.device);
    if (!options.input.empty()) request.add("input", options.input);
    request.add("payload", numbered(options.text, number, options.repetition));
    request.add("message_id", options.message_id);
    request.add("system_properties", system_properties.value());
    request.add("properties", properties.value());
    if (options.expiry_seconds) request.add("expiry_seconds", *options.expiry_seconds);
    return request;
  });
}

int run_invoke(const std::filesystem::path& socket, const InvokeOptions& options) {
  const auto timeout_ms = static_cast<std::int64_t>(std::ceil(options.timeout_seconds * 1000));
  try {
    return repeat(socket, options.repetition, milliseconds(timeout_ms) + kAnswerPatience,
                  [&](std::int64_t number) {
                    JsonObject request = request_for("invoke", options.device);
                    request.add("method", options.method).add("timeout_ms", timeout_ms);
                    add_json(request, "payload", options.payload, number, options.repetition);
                    return request;
                  });
  } catch (const RequestRefused& refused) {
    if (refused.code != 504101) throw;
    std::cerr << "iothub-sim: " << refused.what() << '\n';
    return kTimedOut;
  }
}

int run_twin(const std::filesystem::path& socket, const TwinOptions& options) {
  if (options.desired.empty()) {
    return print(
        ControlClient(socket).call(request_for("twin", options.device), kAnswerPatience)["twin"]);
  }
  return repeat(socket, options.repetition, kAnswerPatience, [&](std::int64_t number) {
    JsonObject request = request_for("twin", options.device);
    add_json(request, "desired", options.desired, number, options.repetition);
    return request;
  });
}

int run_fault(const std::filesystem::path& socket, const FaultOptions& options) {
  const bool clear = options.name == "clear";
  if (options.list || options.name.empty() || clear) {
    if (!options.device.empty() || options.count || options.seconds || options.status) {
      throw std::invalid_argument("--device, --count, --seconds and --status need a fault's name");
    }
    return run_simple(socket, clear ? "clear-faults" : "faults", {});
  }
  JsonObject request = request_for("fault", options.device);
  request.add("fault", options.name);
  if (options.count) request.add("count", *options.count);
  if (options.seconds) {
    request.add("milliseconds", static_cast<std::int64_t>(std::ceil(*options.seconds * 1000)));
  }
  if (options.status) request.add("status", *options.status);
  return print(ControlClient(socket).call(request, kAnswerPatience));
}

std::vector<std::pair<std::string, std::string>> fault_meanings() {
  std::vector<std::pair<std::string, std::string>> meanings;
  for (const FaultName& fault : fault_names()) meanings.emplace_back(fault.name, fault.meaning);
  meanings.emplace_back("silent", "do not answer, and keep all links (needs --seconds)");
  return meanings;
}

int run_watch(const std::filesystem::path& socket, const WatchOptions& options) {
  const Json info = ControlClient(socket).call(request_for("info"), kAnswerPatience);
  EventReader reader(string_member(info, "event_log"),
                     options.from_start ? EventReader::From::start : EventReader::From::now);
  std::optional<steady_clock::time_point> deadline;
  if (options.follow) {
    // A day stands for "for ever". To watch for longer, run the command again.
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
