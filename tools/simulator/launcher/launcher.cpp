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
#include "launcher/broker_config.hpp"
#include "launcher/ports.hpp"
#include "launcher/ready_line.hpp"
#include "launcher/trust.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kStartPatience{10};
constexpr int kPortAttempts = 5;
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

std::string text_of(const std::filesystem::path& file) {
  if (auto text = read_file(file)) return *text + "\n";
  throw std::runtime_error("cannot read " + file.string());
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
  std::cout << ready_line({options_, directory_, certificates_, ports_}) << std::endl;
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
  if (options_.dps) renew_credentials(directory_.path(), options_.dps->enrollments);
  trusted_directory(directory_.path());
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
  for (const std::string& name : {host_name(kLoopback), kLoopback, std::string("127.0.0.2")}) {
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

// Makes a certificate for each device that is known by one and brought none. Then adds the
// authorities that the broker, and the hubs of a provisioning service, have to trust.
void Launcher::make_all_certificates() {
  certificates_ = make_certificates(directory_.path(), options_.host_names,
                                    options_.server_certificate, options_.certificates_to_make);
  std::string trusted = text_of(certificates_.ca);
  for (const auto& file : options_.device_cas) trusted += text_of(file);
  for (const auto& [name, file] : options_.own_certificates) {
    certificates_.devices[name] = {std::filesystem::absolute(file), {}};
    trusted += text_of(file);
  }
  replace_file(directory_.path() / kDeviceCas, trusted);
  if (!options_.dps) return;
  for (const LinkedHub& hub : options_.dps->hubs) trust(hub.directory, trusted);
  for (Enrollment& enrollment : options_.dps->enrollments) {
    const auto made = certificates_.devices.find(enrollment.name);
    if (made == certificates_.devices.end()) continue;
    enrollment.certificate = text_of(made->second.certificate);
  }
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

// Keeps the ports that were asked for, and chooses free ones for the others.
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
  choose(ports_.x509);
  if (!options_.websockets) return;
  choose(ports_.websocket);
  choose(ports_.x509_websocket);
}

void Launcher::start_broker() {
  check_wanted_ports();
  const bool again = ports_.mqtt != 0;  // The broker starts again at the same ports.
  for (int attempt = 0; attempt < (again ? 1 : kPortAttempts); ++attempt) {
    if (!again) choose_ports();
    if (try_to_start_broker()) return;
    const auto ports = ports_.all();
    const bool all_free = std::all_of(ports.begin(), ports.end(), [&](std::uint16_t port) {
      return port == 0 || is_port_free(port, options_.address);
    });
    if (all_free) break;  // The ports are free, so something else failed.
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
                            trusted_directory(directory_.path()),
                            options_.address,
                            ports_,
                            options_.verbose};
  replace_file(directory_.path() / "mosquitto.conf", to_mosquitto_conf(config));
  // A socket that a killed broker left would accept our connection and lead nowhere.
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

// Milliseconds to wait at most; -1 for ever.
int Launcher::patience() const {
  if (!silent_until_) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*silent_until_ - steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kMaxSilence.count()));
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
  check_broker();  // The broker may have died just before the signal that ends the launcher.
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

}  // namespace azure::iot::device::simulator
