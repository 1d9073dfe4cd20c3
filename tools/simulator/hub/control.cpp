#include "hub/control.hpp"

#include <utility>

#include "hub/config.hpp"

namespace azure::iot::device::simulator {

void reply(Broker& broker, std::int64_t id, JsonObject result) {
  JsonObject answer;
  answer.add("id", id).add("ok", true).add("result", std::move(result));
  broker.send(std::string(kControlClientId), kControlReplyTopic, answer.text(), 0);
}

void reply(Broker& broker, std::int64_t id, const ControlError& error) {
  JsonObject answer;
  answer.add("id", id).add("ok", false).add("code", error.code).add("error", error.text);
  broker.send(std::string(kControlClientId), kControlReplyTopic, answer.text(), 0);
}

std::string notice(std::string_view text) {
  JsonObject object;
  object.add("notice", text);
  return object.text();
}

}  // namespace azure::iot::device::simulator
