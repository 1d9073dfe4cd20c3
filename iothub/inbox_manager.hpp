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

// Inboxes by name, made when they are first asked for. Loop's thread only; what is in them, any.
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
  // What is in them; they themselves stay.
  void clear() {
    for (auto& [name, inbox] : inboxes_) inbox.clear();
  }

 private:
  const std::size_t capacity_;
  InboxPressure& pressure_;
  std::map<std::string, Inbox<T>, std::less<>> inboxes_;
};

// The inboxes of one client: what the hub sent stays there until a handler takes it, also while
// none is set. (Python keeps messages that come before the first handler in an inbox of their own,
// from which no handler gets them.)
struct InboxManager {
  // Each holds this many items before the client asks for a pause.
  static constexpr std::size_t kCapacity = 1024;

  explicit InboxManager(std::size_t capacity = kCapacity)
      : messages(capacity, &pressure),
        method_requests(capacity, &pressure),
        twin_patches(capacity, &pressure),
        inputs(capacity, pressure),
        methods(capacity, pressure) {}

  // As Python does when the connection ends: the hub has given up on them by then.
  void clear_all_method_requests() {
    method_requests.clear();
    methods.clear();
  }

  // For messages to one input. Takes what came to it before it was first asked for.
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

  // Where an item belongs. Null for a message to an input that nobody has asked for, while others
  // have been asked for.
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
  // What the older receive calls have asked for by name.
  NamedInboxes<Message> inputs;
  NamedInboxes<MethodRequest> methods;
};

}  // namespace azure::iot::device
