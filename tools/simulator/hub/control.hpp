// Answers to the launcher's commands:
//   in   {"id":7,"command":"invoke","device_id":"d","method":"m",...}
//   out  {"id":7,"ok":true,"result":{...}} or {"id":7,"ok":false,"code":404103,"error":"..."}
//   out  {"notice":"..."}, unasked, for the user of the simulator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/json.hpp"
#include "hub/broker.hpp"

namespace azure::iot::device::simulator {

// A command that cannot be carried out.
struct ControlError {
  int code;
  std::string text;
};

void reply(Broker& broker, std::int64_t id, JsonObject result);
void reply(Broker& broker, std::int64_t id, const ControlError& error);

// A notice as the launcher receives it.
std::string notice(std::string_view text);

}  // namespace azure::iot::device::simulator
