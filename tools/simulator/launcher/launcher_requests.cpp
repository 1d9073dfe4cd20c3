// Requests to a serving launcher: its own commands, and those that it passes on.
#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "hub/sas_token.hpp"
#include "launcher/launcher.hpp"
#include "launcher/ready_line.hpp"
#include "launcher/trust.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::steady_clock;

std::string error_answer(std::int64_t id, int code, std::string_view text) {
  JsonObject answer;
  answer.add("id", id).add("ok", false).add("code", code).add("error", text);
  return answer.text();
}

}  // namespace

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
      result.add("host", host_name(options_.address));
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
    } else if (command == "enroll") {
      trust_certificate(string_member(request, "certificate"));
      return std::nullopt;  // A provisioning service has to know the command.
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

void Launcher::trust_certificate(std::string_view pem) const {
  if (!options_.dps || pem.empty()) return;
  trust(directory_.path(), pem);
  for (const LinkedHub& hub : options_.dps->hubs) trust(hub.directory, pem);
}

JsonObject Launcher::make_token(const JsonValue& request) const {
  const std::string name = string_member(request, "device_id");
  const std::string policy = string_member(request, "policy");
  if (options_.dps) {
    throw std::invalid_argument(
        "this is a provisioning service, which makes no tokens; --control with the socket of a hub "
        "asks that");
  }
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
  std::string resource = host_name(options_.address) + "/devices/" + device->device_id;
  if (!device->module_id.empty()) resource += "/modules/" + device->module_id;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  constexpr std::int64_t kMost = 9'000'000'000;
  const std::chrono::seconds ttl(
      std::clamp(integer_member(request, "ttl_seconds", 3600), -kMost, kMost));
  const auto expiry = now + ttl;
  JsonObject result;
  result.add("token", make_sas_token(resource, key, expiry, policy));
  result.add("expiry", static_cast<std::int64_t>(expiry.time_since_epoch().count()));
  return result;
}

// A stopped process keeps its connections and answers nothing: no CONNACK, PUBACK or PINGRESP.
void Launcher::silence(const JsonValue& request) {
  const auto time = integer_member(request, "milliseconds", 0);
  if (time < 1 || time > kMaxSilence.count()) {
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
  if (const std::string notice = string_member(*reply, "notice"); !notice.empty()) {
    std::cerr << "iothub-sim: " << notice << std::endl;
    return;
  }
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
