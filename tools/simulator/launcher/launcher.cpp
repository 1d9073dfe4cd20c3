#include "launcher/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/crypto.hpp"
#include "common/json.hpp"
#include "hub/sas_token.hpp"
#include "launcher/broker_config.hpp"
#include "launcher/ports.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kStartPatience{10};
constexpr int kPortAttempts = 5;
constexpr std::int64_t kMaxSilenceMs = 3600 * 1000;
const std::string kHostName = "localhost";
constexpr const char* kServiceConfigName = "service.json";
constexpr const char* kDeviceCas = "device-cas.pem";

// tools/fetch_broker's folder and our plugin, as built; both may be moved with the programs.
std::filesystem::path from_environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

std::filesystem::path broker_installation() {
  const auto path = from_environment("IOTHUB_SIM_BROKER", IOTHUB_SIM_BROKER_DIR);
  if (!std::filesystem::exists(path / "usr/sbin/mosquitto")) {
    throw std::runtime_error("there is no mosquitto broker in " + path.string() +
                             ": run tools/fetch_broker " + path.string());
  }
  return path;
}

Fd block_and_watch_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  Fd fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::generic_category(), "signalfd");
  return fd;
}

bool stdin_has_ended() {
  char ignored[256];
  return read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

std::string name_of(const DeviceConfig& device) {
  return device.device_id + (device.module_id.empty() ? "" : "/" + device.module_id);
}

std::string text_of(const std::filesystem::path& file) {
  if (auto text = read_file(file)) return *text + "\n";
  throw std::runtime_error("cannot read " + file.string());
}

std::string error_answer(std::int64_t id, int code, std::string_view text) {
  JsonObject answer;
  answer.add("id", id).add("ok", false).add("code", code).add("error", text);
  return answer.text();
}

}  // namespace

Launcher::Launcher(LaunchOptions options)
    : options_(std::move(options)),
      directory_(options_.directory, options_.dps ? kDpsSocketName : kHubSocketName),
      broker_(broker_installation(), directory_.path() / "mosquitto.conf",
              directory_.path() / "broker.out"),
      link_([this](std::string_view reply) { on_reply(reply); }),
      signals_(block_and_watch_signals()) {}

int Launcher::run() {
  prepare();
  start_broker();
  server_.emplace(directory_.control_socket(),
                  [this](std::int64_t peer, std::string_view line) { on_request(peer, line); });
  print_ready_line();
  const int status = serve();
  link_.close();
  broker_.stop();
  return status;
}

void Launcher::prepare() {
  if (options_.address.empty()) {
    options_.address = kLoopback;
  } else {
    options_.host_names.push_back(options_.address);
  }
  make_all_certificates();
  control_secret_ = base64_encode(random_bytes(32));
  replace_file(directory_.path() / kServiceConfigName, service_config());
}

std::string Launcher::service_config() const {
  if (options_.dps) {
    DpsConfig config = *options_.dps;
    config.control_secret = control_secret_;
    config.directory = directory_.path();
    return to_json_text(config);
  }
  HubConfig config;
  config.host_names = options_.host_names;
  for (const std::string& name : {kHostName, kLoopback, std::string("127.0.0.2")}) {
    config.host_names.push_back(name);
  }
  config.devices = options_.devices;
  config.policies = options_.policies;
  config.routes = options_.routes;
  config.limits = options_.limits;
  config.control_secret = control_secret_;
  config.directory = directory_.path();
  return to_json_text(config);
}

// For each device that is known by one and brought none; and what the broker is to trust.
void Launcher::make_all_certificates() {
  std::vector<std::string> names;
  for (const auto& device : options_.devices) {
    if (device.x509 && device.thumbprint.empty()) names.push_back(name_of(device));
  }
  certificates_ =
      make_certificates(directory_.path(), options_.host_names, options_.server_certificate, names);
  std::string trusted = text_of(certificates_.ca);
  for (const auto& file : options_.device_cas) trusted += text_of(file);
  for (const auto& [name, file] : options_.own_certificates) {
    certificates_.devices[name] = {std::filesystem::absolute(file), {}};
    trusted += text_of(file);
  }
  replace_file(directory_.path() / kDeviceCas, trusted);
}

void Launcher::check_wanted_ports() const {
  for (const auto& [port, option] :
       {std::pair(options_.ports.mqtt, "--mqtt-port"),
        std::pair(options_.ports.x509, "--x509-port"),
        std::pair(options_.ports.websocket, "--websocket-port"),
        std::pair(options_.ports.x509_websocket, "--x509-websocket-port")}) {
    if (port == 0 || is_port_free(port, options_.address)) continue;
    throw std::runtime_error("port " + std::to_string(port) + " on " + options_.address +
                             " is in use or not allowed: stop what uses it, or choose "
                             "another with " +
                             option);
  }
}

// Those that were wanted, free ones for the others.
void Launcher::choose_ports() {
  ports_ = options_.ports;
  const auto choose = [&](std::uint16_t& port) {
    const auto is_taken = [&] {
      const auto all = ports_.all();
      return std::count(all.begin(), all.end(), port) > 1;
    };
    while (port == 0 || is_taken()) port = find_free_port(options_.address);
  };
  choose(ports_.mqtt);
  const bool x509 = std::any_of(options_.devices.begin(), options_.devices.end(),
                                [](const DeviceConfig& device) { return device.x509; });
  if (x509) choose(ports_.x509);
  if (options_.websockets) choose(ports_.websocket);
  if (x509 && options_.websockets) choose(ports_.x509_websocket);
}

void Launcher::start_broker() {
  check_wanted_ports();
  const bool again = ports_.mqtt != 0;  // At the same ports.
  for (int attempt = 0; attempt < (again ? 1 : kPortAttempts); ++attempt) {
    if (!again) choose_ports();
    if (try_to_start_broker()) return;
    const auto ports = ports_.all();
    const bool all_free = std::all_of(ports.begin(), ports.end(), [&](std::uint16_t port) {
      return port == 0 || is_port_free(port, options_.address);
    });
    if (all_free) break;  // Then it was not the ports.
  }
  throw std::runtime_error("the broker did not start; it said:\n" +
                           read_file(directory_.path() / "broker.out").value_or("") +
                           read_file(directory_.path() / "broker.log").value_or(""));
}

bool Launcher::try_to_start_broker() {
  const auto socket = directory_.path() / "broker";
  const BrokerConfig config{directory_.path(),
                            from_environment("IOTHUB_SIM_PLUGIN", IOTHUB_SIM_PLUGIN_PATH),
                            directory_.path() / kServiceConfigName,
                            socket,
                            certificates_,
                            directory_.path() / kDeviceCas,
                            options_.address,
                            ports_,
                            options_.verbose};
  replace_file(directory_.path() / "mosquitto.conf", to_mosquitto_conf(config));
  // A socket left by a killed broker would take our connection and lead nowhere.
  std::filesystem::remove(socket);
  broker_.start();
  bool ended = false;
  const auto has_ended = [&] { return ended = ended || broker_.poll_exit().has_value(); };
  const bool serves = link_.connect(socket, control_secret_, kStartPatience, has_ended) &&
                      completes_tls_handshake(ports_.mqtt, kStartPatience, options_.address);
  if (!serves) {
    link_.close();
    broker_.kill();
  }
  return serves;
}

void Launcher::stop_broker(bool crash) {
  end_silence();
  link_.close();
  if (crash) {
    broker_.kill();
  } else {
    broker_.stop();
  }
  fail_pending("the broker was stopped");
}

void Launcher::print_ready_line() const {
  Json devices(rapidjson::kArrayType);
  for (const auto& device : options_.devices) {
    JsonObject entry;
    entry.add("device_id", device.device_id);
    if (!device.module_id.empty()) entry.add("module_id", device.module_id);
    entry.add("connection_string", connection_string(device));
    if (device.x509) {
      const auto& files = certificates_.devices.at(name_of(device));
      entry.add("certificate", files.certificate.string());
      if (!files.key.empty()) entry.add("key", files.key.string());
    }
    devices.PushBack(JsonValue(entry.value(), devices.GetAllocator()), devices.GetAllocator());
  }
  JsonObject ready;
  ready.add("ready", true)
      .add("ca", certificates_.ca.string())
      .add("host", host())
      .add("address", options_.address)
      .add("mqtt_port", static_cast<int>(ports_.mqtt));
  if (ports_.x509 != 0) ready.add("x509_port", static_cast<int>(ports_.x509));
  const auto add_websocket = [&](const std::string& name, std::uint16_t port) {
    if (port == 0) return;
    ready.add(name + "_port", static_cast<int>(port)).add(name + "_url", websocket_url(port));
  };
  add_websocket("websocket", ports_.websocket);
  add_websocket("x509_websocket", ports_.x509_websocket);
  ready.add("control", directory_.control_socket().string())
      .add("event_log", (directory_.path() / kEventLogName).string());
  if (options_.dps) {
    add_enrollments(ready);
  } else {
    ready.add("devices", devices);
  }
  std::cout << ready.text() << std::endl;
}

void Launcher::add_enrollments(JsonObject& ready) const {
  Json devices(rapidjson::kArrayType);
  Json groups(rapidjson::kArrayType);
  for (const Enrollment& enrollment : options_.dps->enrollments) {
    Json& list = enrollment.group ? groups : devices;
    JsonObject entry;
    entry.add(enrollment.group ? "group" : "registration_id", enrollment.name);
    entry.add("key", enrollment.key);
    list.PushBack(JsonValue(entry.value(), list.GetAllocator()), list.GetAllocator());
  }
  ready.add("id_scope", options_.dps->id_scope);
  ready.add("enrollments", devices).add("groups", groups);
}

const std::string& Launcher::host() const {
  return options_.address == kLoopback ? kHostName : options_.address;
}

std::string Launcher::connection_string(const DeviceConfig& device) const {
  std::string text = "HostName=" + host() + ";DeviceId=" + device.device_id;
  if (!device.module_id.empty()) text += ";ModuleId=" + device.module_id;
  return text + (device.x509 ? ";x509=true" : ";SharedAccessKey=" + device.key);
}

std::string Launcher::websocket_url(std::uint16_t port) const {
  return "wss://" + host() + ":" + std::to_string(port) + "/$iothub/websocket";
}

// Milliseconds to wait at most; -1 for ever.
int Launcher::patience() const {
  if (!silent_until_) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*silent_until_ - steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kMaxSilenceMs));
}

int Launcher::serve() {
  while (!ending_) {
    std::vector<pollfd> entries{{signals_.get(), POLLIN, 0}};
    if (options_.until_stdin_closes) entries.push_back({STDIN_FILENO, POLLIN, 0});
    const std::size_t stdin_entry = options_.until_stdin_closes ? 1 : 0;
    if (link_.connected()) {
      const int events = POLLIN | (link_.wants_to_write() ? POLLOUT : 0);
      entries.push_back({link_.fd(), static_cast<short>(events), 0});
    }
    server_->add_to(entries);
    if (poll(entries.data(), entries.size(), patience()) < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    if (silent_until_ && steady_clock::now() >= *silent_until_) end_silence();
    if (read_signals()) break;
    if (stdin_entry != 0 && entries[stdin_entry].revents != 0 && stdin_has_ended()) break;
    if (link_.connected()) link_.on_ready();
    server_->on_ready();
    check_broker();
  }
  end_silence();
  check_broker();  // It may have died just before the signal that ends us.
  return exit_status_;
}

void Launcher::check_broker() {
  const auto ended = broker_.poll_exit();
  if (!ended) return;
  std::cerr << "iothub-sim: the broker ended by itself (" << *ended << "); it said:\n"
            << read_file(directory_.path() / "broker.out").value_or("")
            << read_file(directory_.path() / "broker.log").value_or("") << std::flush;
  exit_status_ = 1;
  ending_ = true;
}

bool Launcher::read_signals() {
  signalfd_siginfo info{};
  bool end = false;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != static_cast<unsigned>(SIGCHLD)) end = true;
  }
  return end;
}

void Launcher::on_request(std::int64_t peer, std::string_view line) {
  auto request = parse_json(line);
  if (!request || !request->IsObject()) {
    return server_->answer(peer, error_answer(0, 400000, "a request is one JSON object a line"));
  }
  const auto id = integer_member(*request, "id", 0);
  if (auto answer = run_own_command(id, *request)) {
    return server_->answer(peer, *answer);
  }
  if (!link_.connected()) {
    return server_->answer(
        peer,
        error_answer(id, 503000, "the broker is stopped; 'iothub-sim start-broker' starts it"));
  }
  const auto own_id = next_request_++;
  pending_[own_id] = {peer, id};
  request->RemoveMember("id");
  request->AddMember("id", JsonValue(own_id), request->GetAllocator());
  link_.send(to_text(*request));
}

std::optional<std::string> Launcher::run_own_command(std::int64_t id, const JsonValue& request) {
  const std::string command = string_member(request, "command");
  const bool is_silence = command == "fault" && string_member(request, "fault") == "silent";
  JsonObject result;
  try {
    if (command == "info") {
      result.add("event_log", (directory_.path() / kEventLogName).string());
      result.add("host", host());
      result.add("mqtt_port", static_cast<int>(ports_.mqtt)).add("ca", certificates_.ca.string());
      result.add("broker_pid", static_cast<std::int64_t>(broker_.pid()));
    } else if (command == "stop") {
      ending_ = true;
    } else if (command == "stop-broker") {
      stop_broker(true);
    } else if (command == "start-broker") {
      if (!broker_.running()) start_broker();
    } else if (command == "restart-broker") {
      stop_broker(true);
      start_broker();
    } else if (command == "token") {
      result = make_token(request);
    } else if (is_silence) {
      silence(request);
    } else if (command == "clear-faults") {
      end_silence();
      return std::nullopt;  // The hub has to forget its own.
    } else {
      return std::nullopt;
    }
  } catch (const std::invalid_argument& error) {
    return error_answer(id, 400000, error.what());
  } catch (const std::exception& error) {
    return error_answer(id, 500000, error.what());
  }
  JsonObject answer;
  answer.add("id", id).add("ok", true).add("result", std::move(result));
  return answer.text();
}

JsonObject Launcher::make_token(const JsonValue& request) const {
  const std::string name = string_member(request, "device_id");
  const std::string policy = string_member(request, "policy");
  const auto device =
      std::find_if(options_.devices.begin(), options_.devices.end(),
                   [&](const DeviceConfig& candidate) { return name == name_of(candidate); });
  if (device == options_.devices.end()) {
    throw std::invalid_argument("there is no device '" + name + "'");
  }
  if (device->x509) {
    throw std::invalid_argument("'" + name + "' is known by its certificate and signs no tokens");
  }
  std::string key = device->key;
  if (!policy.empty()) {
    const auto found = options_.policies.find(policy);
    if (found == options_.policies.end()) {
      throw std::invalid_argument("there is no policy '" + policy + "'; 'run --policy' makes one");
    }
    key = found->second;
  }
  std::string resource = host() + "/devices/" + device->device_id;
  if (!device->module_id.empty()) resource += "/modules/" + device->module_id;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto expiry = now + std::chrono::seconds(integer_member(request, "ttl_seconds", 3600));
  JsonObject result;
  result.add("token", make_sas_token(resource, key, expiry, policy));
  result.add("expiry", static_cast<std::int64_t>(expiry.time_since_epoch().count()));
  return result;
}

// A stopped process keeps its connections and answers nothing: no CONNACK, PUBACK or PINGRESP.
void Launcher::silence(const JsonValue& request) {
  const auto time = integer_member(request, "milliseconds", 0);
  if (time < 1 || time > kMaxSilenceMs) {
    throw std::invalid_argument("the fault 'silent' needs a time (--seconds) of up to an hour");
  }
  if (request.HasMember("device_id") || request.HasMember("count")) {
    throw std::invalid_argument(
        "the fault 'silent' holds for the whole hub and for a time: it takes no device and no "
        "count");
  }
  if (!broker_.running()) throw std::invalid_argument("the broker is stopped, thus silent already");
  silent_until_ = steady_clock::now() + std::chrono::milliseconds(time);
  broker_.suspend();
}

void Launcher::end_silence() {
  if (!std::exchange(silent_until_, std::nullopt)) return;
  broker_.resume();
}

void Launcher::on_reply(std::string_view text) {
  auto reply = parse_json(text);
  if (!reply || !reply->IsObject()) return;
  const auto found = pending_.find(integer_member(*reply, "id", 0));
  if (found == pending_.end()) return;
  const auto [peer, id] = found->second;
  pending_.erase(found);
  (*reply)["id"].SetInt64(id);
  server_->answer(peer, to_text(*reply));
}

void Launcher::fail_pending(std::string_view reason) {
  for (const auto& [own_id, asked] : std::exchange(pending_, {})) {
    server_->answer(asked.first, error_answer(asked.second, 503000, reason));
  }
}

}  // namespace azure::iot::device::simulator
