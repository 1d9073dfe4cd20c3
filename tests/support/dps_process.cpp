#include "support/dps_process.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/json.hpp"

namespace azure::iot::device::test {

namespace {

SimulatorOptions options_for(const std::vector<const SimulatorProcess*>& hubs,
                             std::vector<std::string> arguments) {
  for (const SimulatorProcess* hub : hubs) {
    arguments.insert(arguments.end(), {"--hub", hub->control_socket()});
  }
  return {.devices = {}, .arguments = std::move(arguments), .command = "run-dps"};
}

}  // namespace

DpsProcess::DpsProcess(const std::vector<const SimulatorProcess*>& hubs,
                       std::vector<std::string> arguments)
    : process_(options_for(hubs, std::move(arguments))) {}

std::string DpsProcess::id_scope() const {
  return simulator::string_member(*simulator::parse_json(process_.ready_line()), "id_scope");
}

std::string DpsProcess::key(const std::string& name) const {
  const auto ready = simulator::parse_json(process_.ready_line());
  for (const auto& [list, id] :
       {std::pair{"enrollments", "registration_id"}, {"groups", "group"}}) {
    for (const auto& each : (*ready)[list].GetArray()) {
      if (simulator::string_member(each, id) == name) return simulator::string_member(each, "key");
    }
  }
  throw std::runtime_error("simulator: it was started without an enrollment " + name);
}

void DpsProcess::enroll(const std::string& name, const std::string& members) const {
  simulator::JsonObject request;
  request.add("command", "enroll").add("name", name);
  const auto more = simulator::parse_json(members);
  if (!more || !more->IsObject()) throw std::runtime_error("no JSON object: " + members);
  for (const auto& member : more->GetObject()) request.add(member.name.GetString(), member.value);
  process_.control(request.text());
}

std::size_t DpsProcess::count(const std::string& kind, const std::string& registration_id) const {
  const auto events = process_.events(kind);
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [&](const HubEvent& event) {
        return registration_id.empty() ||
               simulator::string_member(*simulator::parse_json(event.json), "registration_id") ==
                   registration_id;
      }));
}

}  // namespace azure::iot::device::test
