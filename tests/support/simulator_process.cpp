#include "support/simulator_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/crypto.hpp"
#include "common/json.hpp"
#include "launcher/control_client.hpp"
#include "launcher/event_reader.hpp"

namespace azure::iot::device::test {

namespace {

using simulator::EventReader;
using simulator::Json;
using simulator::JsonObject;
using simulator::JsonValue;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStartPatience{20'000};
constexpr milliseconds kStopPatience{10'000};
constexpr milliseconds kAnswerPatience{20'000};

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("simulator: " + what); }

struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(std::strerror(errno));
  }
  std::array<int, 2> ends{};
  int reader() const { return ends[0]; }
  int writer() const { return ends[1]; }
};

pid_t spawn(std::vector<std::string>& arguments, int child_stdin, int child_stdout,
            const std::string& errors) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_stdin, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_stdout, STDOUT_FILENO);
  if (!errors.empty()) {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail("cannot run " + arguments[0] + ": " + std::strerror(error));
  return pid;
}

std::string device_of(const JsonValue& event) {
  const std::string module = simulator::string_member(event, "module_id");
  return simulator::string_member(event, "device_id") + (module.empty() ? "" : "/" + module);
}

HubEvent to_event(const JsonValue& event, const std::string& line) {
  return {simulator::string_member(event, "event"), simulator::string_member(event, "device_id"),
          simulator::string_member(event, "module_id"), line};
}

std::map<std::string, std::string> texts_of(const JsonValue& object) {
  std::map<std::string, std::string> texts;
  for (const auto& member : object.GetObject()) {
    texts[member.name.GetString()] = member.value.IsString() ? member.value.GetString() : "";
  }
  return texts;
}

TelemetryRecord to_record(const HubEvent& event) {
  const auto json = simulator::parse_json(event.json);
  TelemetryRecord record;
  record.device_id = event.device_id;
  record.module_id = event.module_id;
  record.topic = simulator::string_member(*json, "topic");
  record.payload = json->HasMember("payload_b64")
                       ? *simulator::base64_decode(simulator::string_member(*json, "payload_b64"))
                       : simulator::string_member(*json, "payload");
  record.properties = texts_of((*json)["properties"]);
  record.system_properties = texts_of((*json)["system_properties"]);
  return record;
}

std::vector<TelemetryRecord> to_records(const std::vector<HubEvent>& events) {
  std::vector<TelemetryRecord> records;
  for (const auto& event : events) records.push_back(to_record(event));
  return records;
}

// Returns the matching events from the start of the log. With a deadline, waits until then for
// `enough` of them.
std::vector<HubEvent> read_events(const std::string& log, const std::string& kind,
                                  const std::string& device, std::size_t enough,
                                  std::optional<steady_clock::time_point> deadline) {
  EventReader reader(log, EventReader::From::start);
  std::vector<HubEvent> events;
  // Reads to the end of the existing log first, and waits only then.
  const auto look = [&](std::optional<steady_clock::time_point> until) {
    const auto line = reader.next(until);
    if (!line) return false;
    const auto event = simulator::parse_json(*line);
    if (!event || !event->IsObject()) return true;
    const bool fits = (kind.empty() || simulator::string_member(*event, "event") == kind) &&
                      (device.empty() || device_of(*event) == device);
    if (fits) events.push_back(to_event(*event, *line));
    return true;
  };
  while (look(std::nullopt)) {
  }
  while (deadline && events.size() < enough && look(deadline)) {
  }
  return events;
}

Json call(const std::string& socket, const JsonObject& request, milliseconds patience) {
  try {
    return simulator::ControlClient(socket).call(request, patience);
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
}

JsonObject request_for(const char* command, const std::string& device = {}) {
  JsonObject request;
  request.add("id", 1).add("command", command);
  if (!device.empty()) request.add("device_id", device);
  return request;
}

Json parsed(const std::string& text) {
  auto json = simulator::parse_json(text);
  if (!json) fail("no JSON: " + text);
  return std::move(*json);
}

JsonObject object_of(const std::vector<std::pair<std::string, std::string>>& members) {
  JsonObject object;
  for (const auto& [name, value] : members) object.add(name, value);
  return object;
}

JsonObject message_request(const char* command, const std::string& device, std::string_view payload,
                           const C2dProperties& properties) {
  JsonObject request = request_for(command, device);
  request.add("payload_b64", simulator::base64_encode(payload));
  request.add("message_id", properties.message_id);
  request.add("properties", object_of(properties.properties));
  request.add("system_properties", object_of(properties.system_properties));
  return request;
}

}  // namespace

SimulatorProcess::SimulatorProcess(const SimulatorOptions& options) {
  try {
    start(options);
  } catch (...) {
    stop();
    throw;
  }
}

SimulatorProcess::~SimulatorProcess() { stop(); }

void SimulatorProcess::start(const SimulatorOptions& options) {
  std::vector<std::string> arguments{"/usr/bin/env"};
  arguments.insert(arguments.end(), options.environment.begin(), options.environment.end());
  for (const std::string& argument :
       {std::string(IOTHUB_SIM_PROGRAM), options.command, std::string("--until-stdin-closes"),
        std::string("--server-cert"), options.server_cert}) {
    arguments.push_back(argument);
  }
  for (const auto& device : options.devices) {
    arguments.emplace_back("--device");
    arguments.push_back(device);
  }
  for (const auto& device : options.x509_devices) {
    arguments.emplace_back("--x509-device");
    arguments.push_back(device);
  }
  if (options.websockets) arguments.emplace_back("--websockets");
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());

  const Pipe in;
  const Pipe out;
  stdin_ = in.writer();
  try {
    pid_ = spawn(arguments, in.reader(), out.writer(), options.errors);
  } catch (...) {
    close(in.reader());
    close(out.reader());
    close(out.writer());
    throw;
  }
  close(in.reader());
  close(out.writer());
  const std::string line = read_ready_line(out.reader());
  close(out.reader());
  if (line.empty()) fail("it did not start; its message is above");
  take_ready_line(line);
}

// Empty when the simulator ended, or was not ready in time.
std::string SimulatorProcess::read_ready_line(int fd) const {
  const auto deadline = steady_clock::now() + kStartPatience;
  std::string line;
  while (line.find('\n') == std::string::npos) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    pollfd entry{fd, POLLIN, 0};
    if (left <= 0 || poll(&entry, 1, static_cast<int>(left)) <= 0) return {};
    std::array<char, 65536> chunk;
    const auto count = read(fd, chunk.data(), chunk.size());
    if (count <= 0) return {};
    line.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return line;
}

void SimulatorProcess::take_ready_line(const std::string& line) {
  const Json ready = parsed(line);
  ready_line_ = line;
  ca_file_ = simulator::string_member(ready, "ca");
  host_ = simulator::string_member(ready, "host");
  const auto port = [&](const char* name) {
    return static_cast<std::uint16_t>(simulator::integer_member(ready, name, 0));
  };
  port_ = port("mqtt_port");
  x509_port_ = port("x509_port");
  websocket_port_ = port("websocket_port");
  x509_websocket_port_ = port("x509_websocket_port");
  control_socket_ = simulator::string_member(ready, "control");
  event_log_ = simulator::string_member(ready, "event_log");
  const auto take_files = [this](const std::string& name, const JsonValue& entry) {
    if (!entry.HasMember("certificate")) return;
    certificate_files_[name] = {simulator::string_member(entry, "certificate"),
                                simulator::string_member(entry, "key")};
  };
  if (ready.HasMember("enrollments")) {
    for (const auto& device : ready["enrollments"].GetArray()) {
      take_files(simulator::string_member(device, "registration_id"), device);
    }
  }
  if (!ready.HasMember("devices")) return;
  for (const auto& device : ready["devices"].GetArray()) {
    connection_strings_[device_of(device)] = simulator::string_member(device, "connection_string");
    take_files(device_of(device), device);
  }
}

int SimulatorProcess::stop() {
  if (stdin_ >= 0) close(stdin_);
  stdin_ = -1;
  if (pid_ <= 0) return 0;
  kill(pid_, SIGTERM);
  const auto deadline = steady_clock::now() + kStopPatience;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(milliseconds(2));
  }
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const std::string& SimulatorProcess::connection_string(const std::string& device) const {
  const auto found = connection_strings_.find(device);
  if (found == connection_strings_.end()) fail("it was started without a device " + device);
  return found->second;
}

const CertificateFiles& SimulatorProcess::certificate_files(const std::string& device) const {
  const auto found = certificate_files_.find(device);
  if (found == certificate_files_.end()) fail("it was started without an x509 device " + device);
  return found->second;
}

std::vector<TelemetryRecord> SimulatorProcess::telemetry(const std::string& device) const {
  return to_records(events("telemetry", device));
}

std::vector<HubEvent> SimulatorProcess::events(const std::string& kind,
                                               const std::string& device) const {
  return read_events(event_log_, kind, device, 0, std::nullopt);
}

std::vector<TelemetryRecord> SimulatorProcess::wait_for_telemetry(const std::string& device,
                                                                  std::size_t count,
                                                                  milliseconds timeout) const {
  return to_records(wait_for_events("telemetry", device, count, timeout));
}

std::vector<HubEvent> SimulatorProcess::wait_for_events(const std::string& kind,
                                                        const std::string& device,
                                                        std::size_t count,
                                                        milliseconds timeout) const {
  auto events = read_events(event_log_, kind, device, count, steady_clock::now() + timeout);
  if (events.size() < count) {
    fail("saw " + std::to_string(events.size()) + " of " + std::to_string(count) + " events '" +
         kind + "' of " + device + " in " + std::to_string(timeout.count()) + " ms");
  }
  return events;
}

bool SimulatorProcess::connected(const std::string& device) const {
  const Json result = call(control_socket_, request_for("devices"), kAnswerPatience);
  for (const auto& entry : result["devices"].GetArray()) {
    if (device_of(entry) == device) return entry["connected"].GetBool();
  }
  fail("there is no device " + device);
}

void SimulatorProcess::send_c2d(const std::string& device, std::string_view payload,
                                const C2dProperties& properties) const {
  call(control_socket_, message_request("send-c2d", device, payload, properties), kAnswerPatience);
}

void SimulatorProcess::send_input(const std::string& module, const std::string& input,
                                  std::string_view payload, const C2dProperties& properties) const {
  JsonObject request = message_request("send-input", module, payload, properties);
  call(control_socket_, request.add("input", input), kAnswerPatience);
}

MethodResult SimulatorProcess::invoke(const std::string& device, const std::string& method,
                                      const std::string& payload, milliseconds timeout) const {
  JsonObject request = request_for("invoke", device);
  request.add("method", method).add("timeout_ms", static_cast<std::int64_t>(timeout.count()));
  request.add("payload", static_cast<const JsonValue&>(parsed(payload)));
  const Json result = call(control_socket_, request, timeout + kAnswerPatience);
  return {static_cast<int>(simulator::integer_member(result, "status", 0)),
          simulator::to_text(result["payload"])};
}

std::string SimulatorProcess::twin(const std::string& device) const {
  const Json result = call(control_socket_, request_for("twin", device), kAnswerPatience);
  return simulator::to_text(result["twin"]);
}

std::int64_t SimulatorProcess::set_desired(const std::string& device,
                                           const std::string& patch) const {
  JsonObject request = request_for("twin", device);
  request.add("desired", static_cast<const JsonValue&>(parsed(patch)));
  return simulator::integer_member(call(control_socket_, request, kAnswerPatience), "version", 0);
}

std::string SimulatorProcess::token(const std::string& device, std::chrono::seconds ttl,
                                    const std::string& policy) const {
  JsonObject request = request_for("token", device);
  request.add("ttl_seconds", static_cast<std::int64_t>(ttl.count())).add("policy", policy);
  return simulator::string_member(call(control_socket_, request, kAnswerPatience), "token");
}

void SimulatorProcess::fault(const FaultOptions& options) const {
  JsonObject request = request_for("fault", options.device);
  request.add("fault", options.name);
  if (options.name == "twin-error") request.add("status", options.status);
  if (options.count) request.add("count", *options.count);
  if (options.duration > milliseconds(0)) {
    request.add("milliseconds", static_cast<std::int64_t>(options.duration.count()));
  }
  call(control_socket_, request, kAnswerPatience);
}

void SimulatorProcess::clear_faults() const {
  call(control_socket_, request_for("clear-faults"), kAnswerPatience);
}

std::string SimulatorProcess::faults() const {
  const Json result = call(control_socket_, request_for("faults"), kAnswerPatience);
  return simulator::to_text(result["faults"]);
}

void SimulatorProcess::drop(const std::string& device) const {
  call(control_socket_, request_for("drop", device), kAnswerPatience);
}

void SimulatorProcess::stop_broker() const {
  call(control_socket_, request_for("stop-broker"), kAnswerPatience);
}

void SimulatorProcess::start_broker() const {
  call(control_socket_, request_for("start-broker"), kAnswerPatience);
}

void SimulatorProcess::restart_broker() const {
  call(control_socket_, request_for("restart-broker"), kAnswerPatience);
}

std::string SimulatorProcess::control(const std::string& request) const {
  const Json members = parsed(request);
  if (!members.IsObject()) fail("a request is a JSON object");
  JsonObject whole;
  whole.add("id", 1);
  for (const auto& member : members.GetObject()) whole.add(member.name.GetString(), member.value);
  return simulator::to_text(call(control_socket_, whole, kAnswerPatience));
}

}  // namespace azure::iot::device::test
