#pragma once

#include <cstddef>

#include "../pipeline/json/json.hpp"
#include "inbox.hpp"
#include "models/message.hpp"
#include "models/method_request.hpp"

namespace azure::iot::device {

// The inboxes of one client: what the hub sent stays there until a handler takes it, also while
// none is set. (Python keeps messages that come before the first handler in an inbox of their own,
// from which no handler gets them.)
struct InboxManager {
  // Each holds this many items before the client asks for a pause.
  static constexpr std::size_t kCapacity = 1024;

  explicit InboxManager(std::size_t capacity = kCapacity)
      : messages(capacity), method_requests(capacity), twin_patches(capacity) {}

  // As Python does when the connection ends: the hub has given up on them by then.
  void clear_all_method_requests() { method_requests.clear(); }

  Inbox<Message> messages;  // From the cloud, or to the inputs of a module.
  Inbox<MethodRequest> method_requests;
  Inbox<Json> twin_patches;
};

}  // namespace azure::iot::device
