#include "broker/endurance/call.hpp"

namespace azure::iot::device::test {

using detail::Completion;
using detail::HubClientCore;
using detail::Outcome;

std::string to_string(Call call) {
  switch (call) {
    case Call::connect: return "connect";
    case Call::send: return "send_message";
    case Call::subscribe: return "on_message_received";
    case Call::read_twin: return "get_twin";
    case Call::disconnect: return "disconnect";
  }
  return "";
}

void block(IoTHubDeviceClient& client, Call call) {
  switch (call) {
    case Call::connect: return client.connect();
    case Call::send: return client.send_message("x");
    case Call::subscribe: return client.on_message_received([](Message) {});
    case Call::read_twin: return void(client.get_twin());
    case Call::disconnect: return client.disconnect();
  }
}

void start(HubClientCore& core, Call call, const std::function<void(const Error&)>& ended) {
  const auto done = [&] { return Completion<void>(ended); };
  switch (call) {
    case Call::connect: return core.start_connect({}, done());
    case Call::send: return core.start_send_message({.data = "x"}, {}, done());
    case Call::subscribe: return core.start_on_message_received([](const Message&) {}, {}, done());
    case Call::read_twin:
      return core.start_get_twin({}, Completion<Json>([ended](const Outcome<Json>& twin) {
                                   ended(twin ? Error{} : twin.error());
                                 }));
    case Call::disconnect: return core.start_disconnect({}, done());
  }
}

std::string outcome(const std::function<void()>& call) {
  try {
    call();
    return "";
  } catch (const OperationCancelled&) {
    return "OperationCancelled";
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace azure::iot::device::test
