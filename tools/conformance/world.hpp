#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "names.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "pipeline/pipeline.hpp"
#include "script.hpp"
#include "scripted_transport.hpp"
#include "subjects.hpp"
#include "trace.hpp"

namespace azure::iot::device::conformance {

class RecordingStage;

// What the script makes of an occasion, beyond what was done already.
struct Reaction {
  Error raised;               // What is thrown, if anything.
  bool acknowledged = false;  // The acknowledgement came inside the call.
};

// An operation that the driver ran.
struct DrivenOp {
  std::string type;
  std::size_t step = 0;
  int completions = 0;
  bool given_up = false;  // Ended because time ran out, or by a shutdown.
};

// An answer for something that nobody waits for any more.
struct LateAnswer {
  std::string op_id;  // Of an operation that is completed while something else holds it ...
  std::string topic;  // ... or the topic of what is acknowledged or cancelled.
};

// The world of one trace: the subject, everything around it, and the clock. Feeds the steps and
// records what the subject does.
class World {
 public:
  // `names` says what recorded names are called here.
  World(const Trace& trace, const Subject& subject, const Names& names);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  // The outputs of the step, in order.
  std::vector<Json> run(const Step& step);

  // The operations of the driver so far, by id.
  const std::map<std::string, DrivenOp>& driven_ops() const { return driven_ops_; }
  // Of the last step.
  const std::vector<LateAnswer>& late_answers() const { return late_answers_; }
  // Whether, up to here, something was answered that nobody waits for any more.
  bool had_late_answer() const { return had_late_answer_; }
  // Whether, up to here, a read of the twin came to nothing.
  bool read_failed() const { return read_failed_; }
  // Of the last step: an input that no operation here can carry, and that was left out.
  bool left_out_input() const { return left_out_input_; }

  // Whether something is to be done later.
  bool has_timers() const { return loop_->pending_timers() > 0; }

  // Ends the chain. What is wrong afterwards, a line each: operations that were not completed
  // exactly once, timers that are left.
  std::vector<std::string> tear_down();

  // For the neighbours and the transport. Records an output, does what is scripted for it, and says
  // what is left to do. "$op" is `op_id` there.
  Reaction record(std::string_view kind, Json output, const std::string& op_id = {});
  std::string id_of(Operation& op);
  // What was asked for cannot be expressed where an operation has one owner: nothing is done, and
  // the step is answered with the exception that the recording has, if any.
  void answer_from_recording() { answer_from_recording_ = true; }
  void note_failed_read() { read_failed_ = true; }
  void note_late_answer(LateAnswer late) {
    had_late_answer_ = true;
    late_answers_.push_back(std::move(late));
  }
  const Names& names() const { return names_; }

 private:
  Reaction perform(Script::Actions actions, const std::string& op_id);
  void act(const Json& action, const std::string& op_id);
  void run_op(const Json& fields);
  void complete_op(const Json& fields, const std::string& op_id);
  void set(const Json& fields);
  void on_completed(const std::string& id, const Operation& op, const Error& error);
  void on_event(const Event& event);

  void call_handler(Json output);
  void observe_state();
  void settle_later();
  void settle();

  const Subject& subject_;
  const Names& names_;
  std::vector<std::string> handlers_;
  std::shared_ptr<ManualLoop> loop_;
  std::shared_ptr<bool> signing_fails_ = std::make_shared<bool>(false);
  ScriptedTransport transport_{*this};
  std::shared_ptr<Pipeline> pipeline_;
  RecordingStage* below_ = nullptr;

  Script script_;
  std::vector<Json> outputs_;
  ConnectionState last_state_;
  bool answer_from_recording_ = false;
  bool ending_ = false;

  std::size_t steps_ = 0;
  std::map<std::string, DrivenOp> driven_ops_;
  std::vector<LateAnswer> late_answers_;
  bool left_out_input_ = false;
  bool had_late_answer_ = false;
  bool read_failed_ = false;
  std::unordered_map<const Operation*, std::string> ids_;
  int last_own_id_ = 0;
  int last_request_id_ = 0;

  std::deque<std::function<void()>> callbacks_;  // For the second thread.
  std::deque<Json> posted_;                      // Transport callbacks behind the work at hand.
  bool settling_ = false;
};

}  // namespace azure::iot::device::conformance
