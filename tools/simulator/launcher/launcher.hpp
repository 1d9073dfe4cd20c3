// `iothub-sim run` and `run-dps`: one simulated hub or provisioning service, from its certificates
// to the removal of its folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json.hpp"
#include "launcher/broker_config.hpp"
#include "launcher/broker_process.hpp"
#include "launcher/certificates.hpp"
#include "launcher/control_link.hpp"
#include "launcher/control_server.hpp"
#include "launcher/launch_options.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::simulator {

class Launcher {
 public:
  explicit Launcher(LaunchOptions options);

  // Prints the ready line and serves until a signal or `stop`. Returns the exit status. Throws if
  // the simulator cannot start.
  int run();

 private:
  static constexpr std::chrono::milliseconds kMaxSilence = std::chrono::hours{1};

  void prepare();
  void make_all_certificates();
  void start_broker();  // Retries if a port is taken meanwhile.
  void choose_ports();
  void check_wanted_ports() const;
  bool try_to_start_broker();
  void stop_broker(bool crash);
  std::string service_config() const;

  int serve();
  int patience() const;
  void check_broker();  // Notices a broker that ended by itself.
  bool read_signals();  // Returns true if the launcher is to end.

  void on_request(std::int64_t peer, std::string_view line);
  std::optional<std::string> run_own_command(std::int64_t id, const JsonValue& request);
  JsonObject make_token(const JsonValue& request) const;
  void trust_certificate(std::string_view pem) const;  // Here, and at the hubs beside it.
  void silence(const JsonValue& request);              // Suspends the broker for a while.
  void end_silence();
  void on_reply(std::string_view reply);
  void fail_pending(std::string_view reason);

  LaunchOptions options_;
  RunDirectory directory_;
  std::string control_secret_;
  CertificateFiles certificates_;
  BrokerPorts ports_;

  BrokerProcess broker_;
  ControlLink link_;
  std::optional<ControlServer> server_;
  Fd signals_;

  // Requests that the hub has yet to answer: our id -> the peer that sent it, and the peer's id.
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> pending_;
  std::int64_t next_request_ = 1;

  std::optional<std::chrono::steady_clock::time_point> silent_until_;
  bool ending_ = false;
  int exit_status_ = 0;
};

}  // namespace azure::iot::device::simulator
