#include "simulation/client.hpp"

#include <algorithm>
#include <utility>

#include "iothub/iothub_events.hpp"
#include "iothub/iothub_operations.hpp"
#include "pipeline/events.hpp"
#include "pipeline/operations.hpp"
#include "simulation/policies.hpp"

namespace azure::iot::device::simulation {

std::string_view to_string(Call::Kind kind) {
  static constexpr std::string_view kNames[] = {"connect",  "disconnect", "reauthorize", "send",
                                                "get_twin", "patch_twin", "enable",      "disable",
                                                "respond",  "shutdown"};
  return kNames[static_cast<std::size_t>(kind)];
}

class Client::Ticket {
 public:
  explicit Ticket(int& count) : count_(&count) { ++count; }
  Ticket(Ticket&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (count_) --*count_;
  }

 private:
  int* count_;
};

Client::Client(World& world, Network& network, Hub& hub, Device& device, Credential& credential)
    : world_(world),
      network_(network),
      hub_(hub),
      device_(device),
      credential_(credential),
      started_(world.now()),
      before_(world.report.counts) {
  const Settings& settings = world.settings;
  device_.on_dial = [this] { on_dial(); };
  device_.on_subscribe = [this](const std::string& topic) { on_subscribe(topic); };
  pipeline_ = make_iothub_mqtt_pipeline(
      world_.loop,
      PipelineConfig{
          .hostname = "hub",
          .sastoken = credential_.make_token(),
          .operation_timeout = settings.operation_timeout,
          .auto_connect = settings.auto_connect,
          .connection_retry = settings.connection_retry,
          .connection_retry_interval = settings.retry_interval,
          .retry_policy = make_policy(world),
          .max_in_flight = settings.max_in_flight,
      },
      IotHubConfig{.device_id = "dev1",
                   .ensure_desired_properties = settings.ensure_desired_properties},
      device_.factory(), [this](const Event& event) { on_event(event); });
  if (settings.throwing_stage) {
    pipeline_->insert_before("AutoConnectStage", std::make_unique<ThrowingStage>(world));
  }
  // Random ones would make two runs of one seed differ.
  pipeline_->nucleus().make_request_id = [this] { return std::to_string(++requests_); };
  pipeline_->nucleus().random = [this] { return world_.random.below(1000) / 1000.0; };
  pipeline_->enter(make_op<InitializePipelineOperation>());
}

Client::~Client() {
  device_.on_dial = nullptr;
  device_.on_subscribe = nullptr;
}

const Call& Client::connect(Duration timeout) {
  return submit({.kind = Call::Kind::connect}, timeout, make_op<ConnectOperation>());
}
const Call& Client::disconnect(Duration timeout) {
  return submit({.kind = Call::Kind::disconnect}, timeout, make_op<DisconnectOperation>());
}
const Call& Client::reauthorize(Duration timeout) {
  bring_token();
  return submit({.kind = Call::Kind::reauthorize}, timeout,
                make_op<ReauthorizeConnectionOperation>());
}
const Call& Client::send(Duration timeout) {
  const std::uint32_t number = ++world_.messages;
  return submit({.kind = Call::Kind::send, .number = number}, timeout,
                make_op<SendD2CMessageOperation>(Message{.data = std::to_string(number)}));
}
const Call& Client::get_twin(Duration timeout) {
  return submit({.kind = Call::Kind::get_twin, .before = hub_.desired_version()}, timeout,
                make_op<GetTwinOperation>());
}
const Call& Client::patch_twin(Duration timeout) {
  const std::uint32_t number = ++world_.patches;
  return submit({.kind = Call::Kind::patch_twin, .number = number}, timeout,
                make_op<PatchTwinReportedPropertiesOperation>(
                    Json{{"n", static_cast<std::int64_t>(number)}}));
}
const Call& Client::enable(std::size_t feature, Duration timeout) {
  return submit({.kind = Call::Kind::enable,
                 .number = static_cast<std::uint32_t>(feature),
                 .before = hub_.subscribed(feature)},
                timeout, make_op<EnableFeatureOperation>(std::string(kFeatures[feature].name)));
}
const Call& Client::disable(std::size_t feature, Duration timeout) {
  return submit({.kind = Call::Kind::disable,
                 .number = static_cast<std::uint32_t>(feature),
                 .before = hub_.unsubscribed(feature)},
                timeout, make_op<DisableFeatureOperation>(std::string(kFeatures[feature].name)));
}

Call& Client::open(Call call) {
  ++open_calls_;
  ++world_.report.counts.calls;
  last_call_at_ = world_.now();
  if (call.kind == Call::Kind::reauthorize) ++open_reauthorizations_;
  if (call.kind == Call::Kind::enable) ++open_enablings_[call.number];
  call.while_connected = nucleus().connected();
  if (call.kind != Call::Kind::disconnect) {
    link_unwanted_ = false;
    asked_to_disconnect_ = false;
    ++wishes_;
  }
  if (call.kind == Call::Kind::disconnect) {
    call.before = wishes_;
    asked_to_disconnect_ = true;
    link_expected_ = false;
    ++open_disconnects_;
  }
  calls_.push_back(std::move(call));
  return calls_.back();
}

template <class Op>
const Call& Client::submit(Call call, Duration timeout, Owned<Op> op) {
  if (timeout > Duration::zero()) call.deadline = saturating_add(world_.now(), timeout);
  Call& opened = open(std::move(call));
  world_.note("call: ", to_string(opened.kind), " ", opened.number);
  op->deadline = opened.deadline;
  op->then([this, &opened, ticket = Ticket(tickets_)](OpPtr done, Error error) {
    on_done(opened, *done, std::move(error));
  });
  pipeline_->submit(std::move(op));
  return opened;
}

void Client::shut_down() {
  Call& call = open({.kind = Call::Kind::shutdown});
  world_.note("call: shutdown");
  shut_down_ = true;
  auto op = make_op<ShutdownPipelineOperation>();
  op->then([this, &call, ticket = Ticket(tickets_)](OpPtr done, Error error) {
    on_done(call, *done, std::move(error));
  });
  pipeline_->enter(std::move(op));
  world_.loop->run_posted();
  for (const Call& left : calls_) {
    if (left.times > 0) continue;
    world_.violate("a shutdown ends at once whatever is under way",
                   std::string(to_string(left.kind)) + " is still open");
  }
  if (world_.loop->pending_timers() > 0) {
    world_.violate("after a shutdown no timer runs",
                   std::to_string(world_.loop->pending_timers()) + " are running");
  }
}

void Client::close() {
  shut_down_ = true;
  world_.note("the pipeline is closed");
  pipeline_->close(Error(Errc::operation_cancelled, "closed"));
  world_.loop->run_posted();
  const std::weak_ptr<Pipeline> pipeline = std::exchange(pipeline_, nullptr);
  for (const Call& call : calls_) {
    if (call.times != 1) {
      world_.violate("each operation completes exactly once",
                     std::string(to_string(call.kind)) + " completed " +
                         std::to_string(call.times) + " times");
    }
  }
  if (world_.loop->pending_timers() > 0) {
    world_.violate("a closed pipeline leaves no timer",
                   std::to_string(world_.loop->pending_timers()) + " are running");
  }
  if (tickets_ != 0) {
    world_.violate("a closed pipeline leaves no operation",
                   std::to_string(tickets_) + " are still there");
  }
  if (!pipeline.expired()) {
    world_.violate("a closed pipeline leaves no work", "something still keeps the pipeline");
  }
  check_order_of_messages();
  check_number_of_dials();
}

void Client::on_done(Call& call, const Operation& op, Error error) {
  ++call.times;
  --open_calls_;
  call.error = std::move(error);
  if (call.kind == Call::Kind::reauthorize) --open_reauthorizations_;
  if (call.kind == Call::Kind::enable) --open_enablings_[call.number];
  world_.mix(static_cast<std::uint64_t>(world_.now().time_since_epoch().count()));
  world_.mix(static_cast<std::uint64_t>(call.error.code()));
  world_.note("done: ", to_string(call.kind), " ", call.number, ": ", call.error.describe());
  Counts& counts = world_.report.counts;
  switch (call.error.code()) {
    case Errc::ok: ++counts.succeeded; break;
    case Errc::timed_out:
      ++counts.timed_out;
      orphans_ |= changing();
      break;
    case Errc::operation_cancelled:
      ++counts.cancelled;
      check_cancellation(call);
      break;
    case Errc::abandoned:
    case Errc::user_stage:
      if (world_.settings.throwing_stage) break;
      [[fallthrough]];
    case Errc::pipeline_runtime:
      world_.violate("no stage breaks the rules", call.error.describe());
      break;
    default: break;
  }
  if (call.times > 1) {
    world_.violate("each operation completes exactly once",
                   std::string(to_string(call.kind)) + " completed again");
  }
  if (world_.now() > call.deadline) {
    world_.violate("each operation completes by its deadline",
                   std::string(to_string(call.kind)) + " completed " +
                       describe(world_.now() - call.deadline) + " later");
  }
  if (world_.settings.with_log) look_for_secrets(call.error.describe());
  if (!call.error) check_result(call, op);
  if (call.kind == Call::Kind::disconnect) {
    --open_disconnects_;
    // The link may have been down already, which has no event.
    if (!call.error && !nucleus().connected()) link_expected_ = false;
  }
}

void Client::on_event(const Event& event) {
  const bool state_connected = nucleus().connected();
  if (event_cast<ConnectedEvent>(event)) {
    world_.note("event: connected");
    link_expected_ = !asked_to_disconnect_ && open_disconnects_ == 0;
    if (std::exchange(told_connected_, true)) {
      world_.violate("connected and disconnected alternate", "connected twice");
    }
    if (!state_connected) world_.violate("the state changes before its event", "connected");
  } else if (const auto* disconnected = event_cast<DisconnectedEvent>(event)) {
    world_.note("event: disconnected");
    // A reauthorization begins with a disconnect, also where there is no connection.
    const bool reauthorizing = nucleus().connection_state == ConnectionState::reauthorizing;
    if (!std::exchange(told_connected_, false) && !reauthorizing) {
      world_.violate("connected and disconnected alternate", "disconnected twice");
    }
    if (state_connected) world_.violate("the state changes before its event", "disconnected");
    // A disconnect of the user's, perhaps one from long before.
    if (!disconnected->cause && !reauthorizing) link_expected_ = false;
  } else if (const auto* patch = event_cast<TwinDesiredPropertiesPatchEvent>(event)) {
    ++world_.report.counts.patches;
    const Json* version = patch->patch.find("$version");
    newest_patch_ = version ? version->get_if<std::int64_t>().value_or(0) : 0;
    world_.note("event: desired properties, version ", newest_patch_);
  } else if (const auto* message = event_cast<C2DMessageEvent>(event)) {
    const auto number = static_cast<std::uint32_t>(std::stoul(message->message.data));
    world_.note("event: message ", number);
    if (number > world_.c2d_received + 1) {
      world_.violate(
          "the hub's messages come first in its order",
          std::to_string(number) + " came before " + std::to_string(world_.c2d_received + 1));
    }
    world_.c2d_received = std::max(world_.c2d_received, number);
  } else if (const auto* method = event_cast<MethodRequestEvent>(event)) {
    world_.note("event: method request ", method->method_request.request_id);
    if (shut_down_) return;
    submit({.kind = Call::Kind::respond}, std::chrono::seconds{30},
           make_op<SendMethodResponseOperation>(
               MethodResponse::create_from_method_request(method->method_request, 200)));
  } else if (event_cast<NewSasTokenRequiredEvent>(event)) {
    world_.note("event: a new token is required");
    on_new_token_required();
  } else if (const auto* background = event_cast<BackgroundExceptionEvent>(event)) {
    world_.note("event: background exception: ", background->error.describe());
    if (background->error.code() == Errc::sas_token) credential_lost_ = true;
    if (background->gave_up) {
      ++world_.report.counts.given_up;
      link_expected_ = false;
      if (state_connected) world_.violate("only a link that is lost is given up", "it is up");
    }
    if (background->error.code() == Errc::user_stage && !world_.settings.throwing_stage) {
      world_.violate("no stage breaks the rules", background->error.describe());
    }
    if (world_.settings.with_log) look_for_secrets(background->error.describe());
  }
  world_.mix(event.name().size());
}

void Client::on_new_token_required() {
  const SteadyTime now = world_.loop->steady_now();
  const WallTime wall_now = world_.loop->wall_now();
  // A wall clock that jumps ahead may bring the next request forward.
  if (last_asked_ && now - *last_asked_ < std::chrono::seconds{1} &&
      wall_now - last_asked_at_ < std::chrono::seconds{1}) {
    world_.violate("a new token is asked for once a second at most",
                   describe(now - *last_asked_) + " later");
  }
  last_asked_ = now;
  last_asked_at_ = wall_now;
  // Most applications renew it in time.
  if (world_.mood != &kMoods[0] && world_.random.chance(300)) return;
  network_.later(world_.delay(), [this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired() && !shut_down_) reauthorize(std::chrono::seconds{60});
  });
}

void Client::bring_token() {
  if (world_.settings.credential != Settings::Credential::users_token) return;
  pipeline_->nucleus().options.sastoken = credential_.make_token();
}

}  // namespace azure::iot::device::simulation
