#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "../pipeline/error.hpp"
#include "../pipeline/loop/handler_pool.hpp"
#include "handler_runner.hpp"
#include "inbox_manager.hpp"

namespace azure::iot::device {

// The connection of a client was established or lost. `cause` is no error if the client itself
// disconnected.
struct ConnectionStateEvent {
  bool connected = false;
  Error cause = {};
};

// Passes items to the handlers of one client, on the threads of the pool: in order within a kind,
// and independently of other kinds. Handlers may be set, replaced and cleared at any time, from any
// thread, also from inside a handler. An exception from a handler is reported as a background
// exception. (Python: SyncHandlerManager.)
//
// Messages, method requests and patches wait in their inbox for a handler, and so does one request
// for a new token. Without a handler, a background exception is only logged, and a change of the
// connection is ignored.
class HandlerManager {
 public:
  // `loop` runs handlers while the pool can start no thread.
  explicit HandlerManager(std::shared_ptr<HandlerPool> pool,
                          std::size_t inbox_capacity = InboxManager::kCapacity,
                          std::weak_ptr<EventLoop> loop = {});
  HandlerManager(const HandlerManager&) = delete;
  HandlerManager& operator=(const HandlerManager&) = delete;
  // Does not wait for running handlers; they complete by themselves.
  ~HandlerManager();

  // The runner of each kind, on which its handler is set.
  HandlerRunner<Message>& on_message_received() { return *messages_; }
  HandlerRunner<MethodRequest>& on_method_request_received() { return *method_requests_; }
  HandlerRunner<Json>& on_twin_desired_properties_patch_received() { return *twin_patches_; }
  HandlerRunner<ConnectionStateEvent>& on_connection_state_change() { return *connection_states_; }
  HandlerRunner<Error>& on_background_exception() { return *background_exceptions_; }
  void on_new_sastoken_required(std::function<void()> handler);

  // Each passes an item on to its handler. Any thread; never blocks.
  void route_message(Message message);
  void route_method_request(MethodRequest request);
  void route_twin_patch(Json patch);
  void route_connection_state(ConnectionStateEvent event);
  void route_new_sastoken_required();
  void route_background_exception(Error error);

  InboxManager& inboxes();

  // Calls `f` once no handler is running or due: at once, or on a handler's thread. A handler that
  // runs on the thread `except` counts as completed.
  void when_quiet(std::thread::id except, std::function<void()> f);
  // Clears all handlers.
  void stop();

 private:
  struct Inboxes;
  struct NewSasTokenRequired {};

  // Calls `f` with the runner of each kind.
  template <class F>
  void for_each_runner(const F& f);
  template <class T>
  void route(HandlerRunner<T>& runner, Inbox<T>& inbox, std::string_view what, T item);

  std::shared_ptr<Inboxes> inboxes_;
  std::shared_ptr<HandlerRunner<Error>> background_exceptions_;
  std::shared_ptr<HandlerRunner<Message>> messages_;
  std::shared_ptr<HandlerRunner<MethodRequest>> method_requests_;
  std::shared_ptr<HandlerRunner<Json>> twin_patches_;
  std::shared_ptr<HandlerRunner<ConnectionStateEvent>> connection_states_;
  std::shared_ptr<HandlerRunner<NewSasTokenRequired>> new_sastokens_;
};

}  // namespace azure::iot::device
