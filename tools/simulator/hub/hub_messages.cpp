// Messages for devices and for the inputs of modules.
#include <utility>

#include "hub/hub.hpp"

namespace azure::iot::device::simulator {

namespace {

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

const C2dMessage& Hub::queue_message(Identity& identity, std::string message_id, std::string topic,
                                     std::string payload, std::chrono::seconds life) {
  const C2dMessage& message =
      messages_.push({0, identity.name(), std::move(message_id), std::move(topic),
                      std::move(payload), wall_clock() + life});
  JsonObject event = EventLog::event("c2d_queued", identity);
  events_.note(event.add("message_id", message.message_id).add("number", message.number));
  return message;
}

bool Hub::can_receive(const Identity& identity) const {
  return identity.connected() &&
         (!identity.clean_session || identity.subscribed(identity.message_feature()));
}

void Hub::deliver_messages(Identity& identity) {
  const std::string name = identity.name();
  for (auto message = messages_.messages().begin(); message != messages_.messages().end();) {
    if (message->identity != name || message->handed_over) {
      ++message;
      continue;
    }
    if (message->expiry <= wall_clock()) {
      JsonObject event = EventLog::event("c2d_expired", identity);
      events_.note(event.add("message_id", message->message_id));
      message = messages_.remove(message);
      continue;
    }
    broker_.send(name, message->topic, message->payload, 1);
    message->handed_over = true;
    handed_over_ = true;
    JsonObject event = EventLog::event("c2d_sent", identity);
    events_.note(event.add("message_id", message->message_id).add("topic", message->topic));
    ++message;
  }
}

void Hub::forget_delivered() {
  for (auto message = messages_.messages().begin(); message != messages_.messages().end();) {
    message = message->handed_over ? messages_.remove(message) : std::next(message);
  }
}

}  // namespace azure::iot::device::simulator
