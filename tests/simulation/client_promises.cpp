#include <string>
#include <utility>

#include "iothub/iothub_operations.hpp"
#include "pipeline/guarded_policy.hpp"
#include "simulation/client.hpp"

namespace azure::iot::device::simulation {

// Without a shutdown, only a disconnect cancels an operation that waits for its acknowledgement,
// and only if the transport holds it.
void Client::check_cancellation(const Call& call) {
  if (shut_down_ || open_disconnects_ > 0 || !world_.settings.connection_retry) return;
  world_.violate("only the user cancels", std::string(to_string(call.kind)) + " was cancelled");
}

void Client::check_result(const Call& call, const Operation& op) {
  switch (call.kind) {
    case Call::Kind::send:
      ++world_.report.counts.messages;
      if (hub_.place_of(call.number) == 0) {
        world_.violate("an acknowledged message is at the hub",
                       "message " + std::to_string(call.number) + " is not");
      }
      break;
    case Call::Kind::get_twin: {
      const Json* desired = static_cast<const GetTwinOperation&>(op).twin.find("desired");
      const Json* version = desired ? desired->find("$version") : nullptr;
      const auto number = version ? version->get_if<std::int64_t>() : std::nullopt;
      if (!number || *number < call.before || *number > hub_.desired_version()) {
        world_.violate(
            "a twin is read as it stands after the call",
            number ? "version " + std::to_string(*number) + " is too old" : "no version");
      }
      break;
    }
    case Call::Kind::patch_twin:
      if (!hub_.was_patched_with(call.number)) {
        world_.violate("an accepted patch is at the hub",
                       "patch " + std::to_string(call.number) + " is not");
      }
      break;
    case Call::Kind::enable:
    case Call::Kind::disable: {
      const bool enable = call.kind == Call::Kind::enable;
      const auto times = enable ? hub_.subscribed(call.number) : hub_.unsubscribed(call.number);
      if (times == call.before) {
        world_.violate("a feature changes at the hub before its call succeeds",
                       std::string(kFeatures[call.number].name));
      }
      break;
    }
    case Call::Kind::disconnect:
      link_unwanted_ = open_calls_ == 0 && call.before == wishes_ && !orphans_;
      break;
    default: break;
  }
}

void Client::on_dial() {
  if (link_unwanted_) {
    world_.violate("who has disconnected stays disconnected", "there was a dial of its own accord");
  }
  if (shut_down_) world_.violate("nothing is dialled after a shutdown", "there was a dial");
  // A call of this moment may dial, and so may one that has brought another credential.
  const bool asked_for = last_call_at_ == world_.now() || open_reauthorizations_ > 0;
  if (device_.last_failure() == world_.now() && !asked_for) {
    world_.violate("time passes between any two dials", "one failed just now");
  }
}

void Client::on_subscribe(const std::string& topic) {
  for (std::size_t i = 0; i < std::size(kFeatures); ++i) {
    if (kFeatures[i].topic != topic) continue;
    Subscribes& now = subscribes_[i];
    if (std::exchange(now.at, world_.now()) != world_.now()) now.count = 0;
    if (++now.count <= 1 + open_enablings_[i]) continue;
    world_.violate("time passes between any two SUBSCRIBEs of one feature",
                   std::to_string(now.count) + " at once of " + topic);
  }
}

void Client::look_for_secrets(std::string_view text) {
  if (text.find(Credential::kSecretMark) != std::string_view::npos) {
    world_.violate("no text for people shows a secret", "one did");
  }
}

bool Client::changing() const {
  const ConnectionState state = nucleus().connection_state;
  return state != ConnectionState::connected && state != ConnectionState::disconnected;
}

// Only the alarm for the token may wait.
bool Client::extra_timers() const {
  return world_.loop->pending_timers() > (nucleus().options.sastoken ? 1u : 0u);
}

void Client::check_at_rest() {
  const ConnectionState state = nucleus().connection_state;
  if (shut_down_) return;
  if (changing()) {
    if (device_.idle()) {
      world_.violate("a change of the connection ends when the transport says so",
                     std::string(to_string(state)) + ", but the transport has nothing to answer");
    }
    return;
  }
  orphans_ = false;  // No operation waits for a change any more.
  const bool connected = state == ConnectionState::connected;
  if (connected != device_.up()) {
    world_.violate(
        "the state is that of the transport",
        std::string(to_string(state)) + ", but the transport is " + (device_.up() ? "up" : "down"));
  }
  if (connected && !told_connected_) {
    world_.violate("the state is what was told", "connected, and nobody was told");
  }
}

void Client::check_link_is_back() {
  if (!link_expected_) return;
  // The change is under way; a change that never ends is detected elsewhere.
  if (nucleus().connection_state == ConnectionState::disconnected) {
    world_.violate("a link that is lost comes back, or its end is reported", "it is still down");
  }
}

void Client::check_at_end() {
  if (changing()) world_.violate("every change of the connection ends", "one has not");
  if (open_calls_ > 0) {
    for (const Call& call : calls_) {
      if (call.times > 0) continue;
      world_.violate("with a good connection every operation completes",
                     std::string(to_string(call.kind)) + " has not");
    }
  }
  if (extra_timers()) {
    world_.violate("a quiet client has no timer but that of its token",
                   std::to_string(world_.loop->pending_timers()) + " are running");
  }
}

// An operation that is submitted while there is a connection goes straight to the transport, which
// keeps the order over all connections. One that waits for a connection may be overtaken. The
// operation that brought the connection up comes last of those that waited for it.
void Client::check_order_of_messages() {
  std::uint32_t last = 0;
  for (const Call& call : calls_) {
    if (call.kind != Call::Kind::send || !call.while_connected || !call.succeeded()) continue;
    const std::uint32_t place = hub_.place_of(call.number);
    if (place < last) {
      world_.violate("messages sent while connected arrive in their order",
                     "message " + std::to_string(call.number) + " was overtaken");
    }
    last = place;
  }
}

// Each call may dial once. The chain may dial once by itself with each connection that it had. A
// redial and a reauthorization are repeated once in an interval.
void Client::check_number_of_dials() {
  const Counts& counts = world_.report.counts;
  const std::uint64_t dials = counts.dials - before_.dials;
  const bool standard = world_.settings.policy == Settings::Policy::standard ||
                        world_.settings.policy == Settings::Policy::throws;
  const Duration interval = standard ? world_.settings.retry_interval : kLeastPause;
  const auto intervals = static_cast<std::uint64_t>((world_.now() - started_) / interval);
  const std::uint64_t most = (counts.calls - before_.calls) +
                             2 * (counts.established - before_.established) + 2 * intervals + 10;
  if (dials > most) {
    world_.violate(
        "a client does not dial in a storm",
        std::to_string(dials) + " dials, where " + std::to_string(most) + " would be many");
  }
}

}  // namespace azure::iot::device::simulation
