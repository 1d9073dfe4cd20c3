#include "world.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "events.hpp"
#include "iothub/iothub_operations.hpp"
#include "operations.hpp"
#include "recorded_config.hpp"
#include "recording_stage.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

// Events that have a handler of their own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kHandlers{{
    {"ConnectedEvent", "on_connected"},
    {"DisconnectedEvent", "on_disconnected"},
    {"NewSasTokenRequiredEvent", "on_new_sastoken_required"},
    {"BackgroundExceptionEvent", "on_background_exception"},
}};

bool is_given_up(const Error& error) {
  return error.code() == Errc::operation_cancelled || error.code() == Errc::timed_out ||
         error.cause().code() == Errc::timed_out;
}

Json describe_handler_call(const Json& event) {
  for (const auto& [type, handler] : kHandlers) {
    if (event["type"].as_string() != type) continue;
    Json call{{"name", handler}};
    if (const Json* error = event.find("error")) call.set("error", *error);
    return call;
  }
  return {{"name", "on_pipeline_event"}, {"event", event}};
}

}  // namespace

World::World(const Trace& trace, const Subject& subject, const Names& names)
    : subject_(subject),
      names_(names),
      handlers_(trace.handlers),
      loop_(std::make_shared<ManualLoop>(trace.clock)),
      last_state_(trace.connection_state) {
  PipelineConfig config = to_pipeline_config(trace.config);
  config.sastoken = to_sastoken(trace.config["sastoken"], loop_->wall_now(), signing_fails_);
  const ServiceConfig service_config = to_service_config(trace.config);
  const auto on_event_here = [this](const Event& event) { on_event(event); };

  if (subject.make_pipeline) {
    pipeline_ = subject.make_pipeline(loop_, std::move(config), service_config,
                                      transport_.factory(), on_event_here);
  } else {
    pipeline_ = std::make_shared<Pipeline>(loop_, std::move(config), on_event_here);
    if (subject.make_stage) {
      pipeline_->append(subject.make_stage(service_config, transport_.factory()));
    }
    if (!subject.has_transport()) {
      auto below = std::make_unique<RecordingStage>(*this);
      below_ = below.get();
      pipeline_->append(std::move(below));
    }
  }
  pipeline_->nucleus().connection_state = trace.connection_state;
  pipeline_->nucleus().make_request_id = [this] {
    return "rid-" + std::to_string(++last_request_id_);
  };
}

World::~World() {
  if (!ending_) tear_down();
}

std::vector<Json> World::run(const Step& step) {
  outputs_.clear();
  late_answers_.clear();
  answer_from_recording_ = false;
  left_out_input_ = false;
  script_ = Script(step);
  if (const Json* callback = step.in.find("transport_callback")) {
    transport_.call_back(*callback);
  } else {
    act(step.in, {});
  }
  observe_state();
  if (answer_from_recording_) {
    for (const Json& output : step.out.elements()) {
      if (output.contains("raised")) outputs_.push_back(output);
    }
  }
  loop_->run_posted();
  for (const Script::Actions actions : script_.left_over()) perform(actions, {});
  loop_->run_posted();
  observe_state();
  script_ = Script();
  ++steps_;
  return std::exchange(outputs_, {});
}

std::vector<std::string> World::tear_down() {
  ending_ = true;
  script_ = Script();
  pipeline_->close(Error(Errc::pipeline_not_running, "the trace has ended"));
  loop_->run_posted();
  below_ = nullptr;
  pipeline_.reset();

  std::vector<std::string> wrong;
  for (const auto& [id, op] : driven_ops_) {
    if (op.completions == 1) continue;
    wrong.push_back("operation " + id + " was completed " + std::to_string(op.completions) +
                    " times");
  }
  if (loop_->pending_timers() > 0) {
    wrong.push_back(std::to_string(loop_->pending_timers()) + " timers outlive the chain");
  }
  return wrong;
}

Reaction World::record(std::string_view kind, Json output, const std::string& op_id) {
  observe_state();
  Json json = Json::object();
  json.set(kind, std::move(output));
  outputs_.push_back(json);
  return perform(script_.on(json), op_id);
}

Reaction World::perform(Script::Actions actions, const std::string& op_id) {
  Reaction reaction;
  for (const Json& action : actions) {
    if (const Json* error = action.find("raise")) {
      reaction.raised = to_error(*error);
    } else if (action.contains("ack")) {
      reaction.acknowledged = true;
    } else {
      act(action, op_id);
    }
  }
  return reaction;
}

std::string World::id_of(Operation& op) {
  const auto known = ids_.find(&op);
  if (known != ids_.end()) return known->second;
  const std::string id = "s" + std::to_string(++last_own_id_);
  ids_.emplace(&op, id);
  // Another operation may get its address later on.
  op.then([this](OpPtr done, Error error) {
    ids_.erase(done.get());
    complete(std::move(done), std::move(error));
  });
  return id;
}

void World::act(const Json& action, const std::string& op_id) {
  const JsonMember& what = action.members().front();
  if (what.name == "run_op") return run_op(what.value);
  if (what.name == "complete_op") return complete_op(what.value, op_id);
  if (what.name == "set") return set(what.value);
  if (what.name == "advance") return loop_->advance(parse_seconds(what.value));
  if (what.name == "event") {
    if (!below_) throw std::invalid_argument("step: nothing below this stage sends events up");
    Json fields = what.value;
    for (const std::string_view name : {"request_id", "topic"}) {
      Json* text = fields.find(name);
      if (text && text->is_string()) *text = names_.actual_text(text->as_string());
    }
    return with_recorded_event(fields, [this](const Event& event) { below_->send_up(event); });
  }
  if (what.name == "transport_callback") {
    // Runs on a thread of its own: it waits until the work at hand is done.
    posted_.push_back(what.value);
    return settle_later();
  }
  throw std::invalid_argument("step: unknown input: " + what.name);
}

void World::run_op(const Json& fields) {
  OpPtr op;
  try {
    op = make_recorded_op(fields);
  } catch (const InexpressibleOperation&) {
    left_out_input_ = true;
    return;
  }
  const std::string& id = fields["id"].as_string();
  const auto [entry, is_new] = driven_ops_.emplace(
      id, DrivenOp{.type = fields["type"].as_string(), .step = steps_, .completions = 0});
  if (!is_new) throw std::invalid_argument("run_op: an operation has this id already: " + id);
  ids_[op.get()] = id;
  op->then([this, driven = &*entry](OpPtr done, Error error) {
    ids_.erase(done.get());
    ++driven->second.completions;
    driven->second.given_up |= is_given_up(error);
    on_completed(driven->first, *done, error);
  });
  pipeline_->enter(std::move(op));
}

void World::complete_op(const Json& fields, const std::string& op_id) {
  const std::string& recorded = fields["id"].as_string();
  const std::string id = recorded == "$op" ? op_id : names_.actual(recorded);
  OpPtr op = below_ ? below_->take(id) : nullptr;
  if (!op) {
    note_late_answer({.op_id = id, .topic = {}});
    return answer_from_recording();
  }
  set_results(*op, fields);
  Error error = to_error(fields["error"]);
  if (error && op->type() == type_id<GetTwinOperation>()) note_failed_read();
  complete(std::move(op), std::move(error));
}

void World::set(const Json& fields) {
  if (const Json* state = fields.find("connection_state")) {
    last_state_ = parse_connection_state(state->as_string());
    pipeline_->nucleus().connection_state = last_state_;
  }
  if (const Json* token = fields.find("sastoken")) {
    pipeline_->nucleus().options.sastoken = to_sastoken(*token, loop_->wall_now(), signing_fails_);
  }
  if (const Json* fails = fields.find("signing_fails")) *signing_fails_ = fails->as_bool();
}

void World::on_completed(const std::string& id, const Operation& op, const Error& error) {
  if (ending_) return;
  Json output{{"id", id}, {"error", to_json(error)}};
  add_results(op, !error, output);
  auto tell = [this, id, output = std::move(output)] { record("op_completed", output); };
  if (!subject_.has_callback_thread()) return tell();
  callbacks_.emplace_back(std::move(tell));
  settle_later();
}

void World::on_event(const Event& event) {
  if (ending_) return;
  Json described = describe_event(event);
  if (subject_.has_callback_thread()) return call_handler(describe_handler_call(described));
  record("send_event_up", std::move(described));
}

void World::call_handler(Json call) {
  const std::string& name = call["name"].as_string();
  if (std::find(handlers_.begin(), handlers_.end(), name) == handlers_.end()) return;
  callbacks_.emplace_back([this, call = std::move(call)] { record("handler", call); });
  settle_later();
}

// The state is read, not reported, so a state between two outputs cannot be observed.
void World::observe_state() {
  if (ending_) return;
  const ConnectionState state = pipeline_->nucleus().connection_state;
  if (std::exchange(last_state_, state) == state) return;
  outputs_.push_back({{"state", recorded_name(state)}});
}

void World::settle_later() {
  if (std::exchange(settling_, true)) return;
  loop_->post([this] { settle(); });
}

// The work at hand is done: the second thread gets its turn, then posted work.
void World::settle() {
  observe_state();
  while (!callbacks_.empty() || !posted_.empty()) {
    if (!callbacks_.empty()) {
      const auto callback = std::move(callbacks_.front());
      callbacks_.pop_front();
      callback();
    } else {
      const Json callback = std::move(posted_.front());
      posted_.pop_front();
      transport_.call_back(callback);
      observe_state();
    }
  }
  settling_ = false;
}

}  // namespace azure::iot::device::conformance
