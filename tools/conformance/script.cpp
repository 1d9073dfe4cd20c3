#include "script.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

std::string field(const Json& output, std::string_view name) {
  const Json& what = output.members().front().value;
  const Json* found = what.find(name);
  return found && found->is_string() ? found->as_string() : std::string();
}

// Returns the occasion of a reaction to an output; empty if no reaction exists for its kind.
std::string occasion_of(const Json& output) {
  const std::string& kind = output.members().front().name;
  if (kind == "send_op_down") return "down";
  if (kind == "send_event_up" || kind == "handler") return "up";
  if (kind == "op_completed") return "done." + field(output, "id");
  if (kind == "transport") return "transport." + field(output, "call");
  return {};
}

// The content of an output, except for names that depend on earlier ones.
std::string subject_of(const Json& output) {
  const std::string id = field(output, "id");
  std::string subject = id.starts_with("o") ? id : std::string();
  const std::string topic = field(output, "topic");
  const Json* event = output.members().front().value.find("event");
  for (const std::string& part :
       {field(output, "type"), field(output, "name"), topic.substr(0, topic.find("$rid=")),
        event ? event->at("type").as_string() : std::string()}) {
    subject += " " + part;
  }
  return subject;
}

}  // namespace

Script::Script(const Step& step) : step_(&step) {
  for (const Json& output : step.out.elements()) {
    std::string occasion = occasion_of(output);
    if (!occasion.empty()) recorded_.push_back({std::move(occasion), &output});
  }
}

Script::Actions Script::on(const Json& output) {
  const std::string occasion = occasion_of(output);
  const std::string subject = subject_of(output);
  std::size_t time = 0;
  for (Recorded& recorded : recorded_) {
    if (recorded.occasion != occasion) continue;
    if (!recorded.passed && subject_of(*recorded.output) == subject) {
      recorded.passed = true;
      return actions(occasion, time);
    }
    ++time;
  }
  return {};
}

std::vector<Script::Actions> Script::left_over() {
  std::vector<Actions> all;
  std::map<std::string, std::size_t> times;
  for (Recorded& recorded : recorded_) {
    const std::size_t time = times[recorded.occasion]++;
    const bool told = recorded.occasion == "up" || recorded.occasion.starts_with("done.");
    if (!told || std::exchange(recorded.passed, true)) continue;
    if (const Actions due = actions(recorded.occasion, time); !due.empty()) all.push_back(due);
  }
  return all;
}

Script::Actions Script::actions(const std::string& occasion, std::size_t time) const {
  // "done" and "transport" hold an object: one list for each operation, or each call.
  const std::size_t dot = occasion.find('.');
  const Json* list = step_->env.find(occasion.substr(0, dot));
  if (list && dot != std::string::npos) list = list->find(occasion.substr(dot + 1));
  if (!list || time >= list->size()) return {};
  return list->at(time).elements();
}

}  // namespace azure::iot::device::conformance
