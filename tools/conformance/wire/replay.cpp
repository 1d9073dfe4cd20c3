#include "tools/conformance/wire/replay.hpp"

#include <exception>
#include <future>
#include <list>
#include <stdexcept>
#include <thread>
#include <utility>

#include "iothub/user_agent.hpp"
#include "pipeline/auth/base64.hpp"
#include "pipeline/text/url.hpp"
#include "provisioning/user_agent.hpp"
#include "tools/conformance/wire/application.hpp"
#include "tools/conformance/wire/fake_hub.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Calls that were started, each on a thread of its own.
class Calls {
 public:
  explicit Calls(Application& application) : application_(application) {}

  struct Call {
    int step;
    std::future<Outcome> outcome;
    std::thread thread;
  };

  Call& start(int step, const Json& what) {
    std::packaged_task<Outcome()> task([this, what] { return application_.call(what); });
    Call& call = calls_.emplace_back(Call{step, task.get_future(), {}});
    call.thread = std::thread(std::move(task));
    return call;
  }
  Call& find(const std::string& id) { return *named_.at(id); }
  void name(const std::string& id, Call& call) { named_[id] = &call; }

  // Returns its outcome, or that it has none yet.
  static Outcome wait(Call& call, milliseconds limit) {
    if (call.outcome.wait_for(limit) != std::future_status::ready) return Outcome::blocked();
    return call.outcome.get();
  }

  // Returns the steps of calls that do not return even after that time. None of them is abandoned.
  std::vector<int> end_all() {
    // Longer than any call may take.
    const auto waiting = [](Call& call) {
      return call.outcome.valid() && call.outcome.wait_for(0s) != std::future_status::ready;
    };
    bool any = false;
    for (Call& call : calls_) any = any || waiting(call);
    if (any) application_.skip(5min);
    std::vector<int> hanging;
    for (Call& call : calls_) {
      if (!call.outcome.valid()) continue;
      if (call.outcome.wait_for(5s) == std::future_status::ready) continue;
      hanging.push_back(call.step);
      application_.call({{"do", "shutdown"}});
    }
    for (Call& call : calls_) call.thread.join();
    return hanging;
  }

 private:
  Application& application_;
  std::list<Call> calls_;
  std::map<std::string, Call*> named_;
};

class Replay {
 public:
  explicit Replay(const Vector& vector)
      : vector_(vector),
        patience_(patience_for(vector)),
        hub_(vector.hub, way_of(vector)),
        application_(vector, hub_),
        calls_(application_) {}

  Replayed run() {
    std::exception_ptr broken;  // The error if the recording itself cannot be followed.
    try {
      run_all();
    } catch (const CompileTimeRefusal& e) {
      replayed_.compile_time = e.what();
    } catch (...) {
      broken = std::current_exception();
    }
    for (const int step : calls_.end_all()) add(Deviation::Kind::hang, step, {}, {});
    if (broken) std::rethrow_exception(broken);
    if (const auto why = hub_.why_broken()) throw std::invalid_argument("hub: " + *why);
    if (replayed_.compile_time) replayed_.deviations.clear();
    return std::move(replayed_);
  }

 private:
  static FakeHub::Way way_of(const Vector& vector) {
    const Json& options = member(vector.create, "options");
    return {.websockets = member(options, "websockets") == Json(true),
            .proxy = !member(options, "proxy_options").is_null()};
  }

  // A keep-alive below the minimum is longer here, and so are the times that follow from it.
  static double patience_for(const Vector& vector) {
    const Json& asked = member(member(vector.create, "options"), "keep_alive");
    constexpr double kMinimum = 5;
    const double keep_alive = asked.get_if<double>().value_or(kMinimum);
    return keep_alive >= 1 && keep_alive < kMinimum ? kMinimum / keep_alive : 1;
  }
  milliseconds limit(const Json& step, std::string_view name, double otherwise) const {
    const double seconds = member(step, name).get_if<double>().value_or(otherwise);
    return milliseconds(static_cast<long>(seconds * patience_ * 1000));
  }

  void run_all() {
    const Outcome created = application_.create();
    const bool as_recorded = vector_.error.is_null() ? created.kind == Outcome::Kind::ok
                                                     : same_error(vector_.error, created);
    if (!as_recorded) {
      add(Deviation::Kind::creation, -1, vector_.error, created.describe());
    }
    if (created.kind == Outcome::Kind::ok && vector_.error.is_null()) {
      for (std::size_t i = 0; i < vector_.steps.size(); ++i) {
        hub_.set_step(static_cast<int>(i));
        run_step(static_cast<int>(i), vector_.steps[i]);
      }
    }
    hub_.wait_until_quiet(30ms);
    compare_events_left();
    compare_with_hub();
  }

  void run_step(int i, const Json& step) {
    if (const Json* call = step.find("do")) {
      if (*call == Json("advance_clock")) {
        application_.advance_clock(std::chrono::seconds(step["seconds"].as_int()));
        std::this_thread::sleep_for(1300ms);
        return;
      }
      run_call(i, step);
    } else if (const Json* id = step.find("join")) {
      check(i, step, Calls::wait(calls_.find(id->as_string()), limit(step, "timeout", 6)));
      hub_.wait_until_quiet(5ms);
    } else if (step.contains("hub")) {
      run_hub(i, step);
    } else if (const Json* event = step.find("expect_event")) {
      const std::string& handler = (*event)["handler"].as_string();
      const auto came = application_.events().pop(handler, 5s);
      if (came && same_event(*event, *came)) return;
      add(Deviation::Kind::event, i, *event, came.value_or(nullptr));
    } else if (const Json* none = step.find("expect_no_event")) {
      const auto came = application_.events().pop((*none)["handler"].as_string(), 600ms);
      if (came) add(Deviation::Kind::event, i, {}, *came);
    } else {
      throw std::logic_error("the replayer does not know the step " + step.dump());
    }
  }

  void run_call(int i, const Json& step) {
    Calls::Call& call = calls_.start(i, step);
    if (const Json* id = step.find("async")) {
      calls_.name(id->as_string(), call);
      std::this_thread::sleep_for(150ms);
      return;
    }
    check(i, step, Calls::wait(call, limit(step, "limit_s", 8)));
    // Packets of the call that need no answer reach the service a little later.
    hub_.wait_until_quiet(5ms);
  }

  void run_hub(int i, const Json& step) {
    const std::string& what = step["hub"].as_string();
    if (what == "drop") {
      hub_.drop();
    } else if (what == "set") {
      hub_.set(step["config"]);
    } else if (what == "sleep") {
      std::this_thread::sleep_for(milliseconds(step["ms"].as_int()));
    } else if (what == "release_pubacks") {
      hub_.release_pubacks();
    } else if (what == "wait_for") {
      const bool seen = hub_.wait_for(step["packet"].as_string(), step["count"].as_int(),
                                      limit(step, "timeout", 6));
      if (Json(seen) != step["seen"]) add(Deviation::Kind::seen, i, step, seen);
    } else if (what == "publish") {
      hub_.publish(message_of(step));
    } else {
      throw std::logic_error("the replayer's service does not know how to " + what);
    }
  }

  static HubMessage message_of(const Json& step) {
    HubMessage message;
    message.topic = to_text("topic", step["topic"]);
    if (const Json* text = step.find("payload_text")) message.payload = text->as_string();
    if (const Json* bytes = step.find("payload_b64")) {
      message.payload = decode_base64(bytes->as_string()).value_or("");
    }
    if (const Json* qos = step.find("qos")) message.qos = static_cast<int>(qos->as_int());
    message.retain = member(step, "retain").get_if<bool>().value_or(false);
    return message;
  }

  void check(int i, const Json& step, const Outcome& outcome) {
    const Json& recorded = member(step, "expect");
    if (recorded.is_null() || same_outcome(recorded, outcome)) return;
    add(Deviation::Kind::outcome, i, recorded, outcome.describe());
  }

  // Returns the calls of handlers that no step asked for.
  void compare_events_left() {
    const int end = static_cast<int>(vector_.steps.size());
    auto left = application_.events().left();
    if (vector_.events_left.is_object()) {
      for (const JsonMember& handler : vector_.events_left.members()) {
        for (auto count = handler.value.as_int(); count > 0; --count) {
          if (!left[handler.name].empty()) {
            left[handler.name].pop_front();
          } else {
            add(Deviation::Kind::event, end, {{"handler", handler.name}}, {});
          }
        }
      }
    }
    for (auto& [handler, events] : left) {
      for (Json& event : events) add(Deviation::Kind::event, end, {}, std::move(event));
    }
  }

  void compare_with_hub() {
    std::vector<Json> recorded;
    for (const Json& packet : vector_.wire) recorded.push_back(fill_in(packet));
    for (Deviation& each : compare_wire(with_spans(recorded), with_spans(hub_.wire()))) {
      add(std::move(each));
    }
    for (Deviation& each :
         compare_proxied(with_spans(vector_.proxied), with_spans(hub_.proxied()))) {
      add(std::move(each));
    }
    for (Deviation& each : compare_dials(with_spans(vector_.dials), with_spans(hub_.dials()))) {
      add(std::move(each));
    }
  }

  // A call that is awaited bounds the time of a packet. Between such calls, several steps may pass
  // before the service takes notice.
  std::vector<Json> with_spans(std::vector<Json> all) const {
    std::vector<int> spans;
    int span = 0;
    bool in_call = false;
    for (const Json& step : vector_.steps) {
      const Json& call = member(step, "do");
      const bool waited_for = call.is_string() && !step.contains("async") &&
                              call != Json("read_connected") && call != Json("advance_clock");
      if (waited_for || in_call) ++span;
      in_call = waited_for;
      spans.push_back(span);
    }
    for (Json& each : all) {
      // Before the first step it reads "create".
      const auto step = each["step"].get_if<int>().value_or(-1);
      each.set("span", step < 0 ? -1 : spans.at(static_cast<std::size_t>(step)));
    }
    return all;
  }

  // Returns a recorded packet with its placeholders filled in.
  Json fill_in(Json packet) const {
    if (Json* username = packet.find("username"); username && username->is_string()) {
      std::string text = username->as_string();
      constexpr std::string_view kAgent = "{user_agent}";
      if (const auto at = text.find(kAgent); at != std::string::npos) {
        text.replace(at, kAgent.size(),
                     url::quote(vector_.client == "provisioning" ? get_provisioning_user_agent()
                                                                 : get_iothub_user_agent()));
      }
      *username = text;
    }
    // Where a vector leaves the choice of suites open, this library may choose another one.
    if (Json* tls = packet.find("tls"); tls && !chooses_cipher()) tls->erase("cipher");
    if (Json* topic = packet.find("topic"); topic && topic->is_string()) {
      *topic = hub_.fill_in_request_ids(topic->as_string());
    }
    return packet;
  }

  bool chooses_cipher() const {
    const Json& cipher = member(member(vector_.create, "options"), "cipher");
    return !cipher.is_null() && cipher != Json("");
  }

  void add(Deviation deviation) { replayed_.deviations.push_back(std::move(deviation)); }
  void add(Deviation::Kind kind, int step, Json expected, Json actual) {
    add({kind, step, std::move(expected), std::move(actual)});
  }

  const Vector& vector_;
  const double patience_;
  FakeHub hub_;
  Application application_;
  Calls calls_;
  Replayed replayed_;
};

}  // namespace

Replayed replay(const Vector& vector) { return Replay(vector).run(); }

}  // namespace azure::iot::device::conformance::wire
