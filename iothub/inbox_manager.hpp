#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "../pipeline/json/json.hpp"
#include "inbox.hpp"
#include "models/message.hpp"
#include "models/method_request.hpp"

namespace azure::iot::device {

// Inboxes by name, created when they are first requested. Loop's thread only; the inboxes
// themselves may be used on any thread.
template <class T>
class NamedInboxes {
 public:
  NamedInboxes(std::size_t capacity, InboxPressure& pressure)
      : capacity_(capacity), pressure_(pressure) {}

  Inbox<T>& get(std::string_view name) {
    return inboxes_.try_emplace(std::string(name), capacity_, &pressure_).first->second;
  }
  Inbox<T>* find(std::string_view name) {
    const auto found = inboxes_.find(name);
    return found == inboxes_.end() ? nullptr : &found->second;
  }
  bool empty() const { return inboxes_.empty(); }
  // Removes the items, and keeps the inboxes.
  void clear() {
    for (auto& [name, inbox] : inboxes_) inbox.clear();
  }

 private:
  const std::size_t capacity_;
  InboxPressure& pressure_;
  std::map<std::string, Inbox<T>, std::less<>> inboxes_;
};

// The inboxes of one client. Items from the hub stay there until a handler takes them, also while
// no handler is set. (Python keeps messages received before the first handler in a separate inbox
// that no handler reads.)
struct InboxManager {
  // The number of items that each holds before the client pauses reading.
  static constexpr std::size_t kCapacity = 1024;

  explicit InboxManager(std::size_t capacity = kCapacity)
      : messages(capacity, &pressure),
        method_requests(capacity, &pressure),
        twin_patches(capacity, &pressure),
        inputs(capacity, pressure),
        methods(capacity, pressure) {}

  // Drops method requests when the connection ends, as Python does: by then they have expired in
  // the hub.
  void clear_all_method_requests() {
    method_requests.clear();
    methods.clear();
  }

  // Returns the inbox for messages to one input. The first call moves earlier messages to that
  // input into it.
  Inbox<Message>& input(std::string_view name) {
    const bool known = inputs.find(name) != nullptr;
    Inbox<Message>& inbox = inputs.get(name);
    if (known) return inbox;
    for (std::size_t left = messages.size(); left > 0; --left) {
      auto message = messages.take();
      if (!message) break;
      (message->input_name == name ? inbox : messages).put(std::move(*message));
    }
    return inbox;
  }

  // Returns the inbox of an item. Null for a message to an input that was never requested, if other
  // inputs were.
  Inbox<Message>* inbox_of(const Message& message) {
    if (inputs.empty() || !message.input_name) return &messages;
    return inputs.find(*message.input_name);
  }
  Inbox<MethodRequest>& inbox_of(const MethodRequest& request) {
    Inbox<MethodRequest>* const by_name = methods.find(request.name);
    return by_name ? *by_name : method_requests;
  }

  InboxPressure pressure;
  Inbox<Message> messages;  // From the cloud, or to the inputs of a module.
  Inbox<MethodRequest> method_requests;
  Inbox<Json> twin_patches;
  // The inputs and methods that the older receive calls have requested by name.
  NamedInboxes<Message> inputs;
  NamedInboxes<MethodRequest> methods;
};

}  // namespace azure::iot::device
