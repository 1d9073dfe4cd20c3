#include <utility>

#include "clients/detail/hub_client_core.hpp"
#include "clients/detail/quiet_wait.hpp"
#include "clients/detail/text_checks.hpp"

// Receiving from the hub: by handlers, or by the older receive calls.
namespace azure::iot::device::detail {

template <class T>
bool HubClientCore::decide_mode(ReceiveMode mode, Completion<T>& done) {
  ReceiveMode decided = ReceiveMode::undecided;
  if (receive_mode_.compare_exchange_strong(decided, mode) || decided == mode) return true;
  done(Error(Errc::operation_error,
             mode == ReceiveMode::handlers
                 ? "Cannot set receive handlers - receive APIs have already been used; "
                   "create another client to change"
                 : "Cannot use receive APIs - receive handler(s) have already been set; "
                   "create another client to change"));
  return false;
}

template <class T>
void HubClientCore::set_receive_handler(HandlerRunner<T>& runner, std::function<void(T)> handler,
                                        std::string_view feature, Timeout timeout,
                                        Completion<void> done) {
  const SteadyTime deadline = deadline_of(timeout);
  if (refuse(done) || !decide_mode(ReceiveMode::handlers, done)) return;
  const bool set = static_cast<bool>(handler);
  runner.set_handler(std::move(handler));
  if (set) return enable(feature, deadline, std::move(done));

  disable(feature, deadline,
          Completion<void>([this, &runner, deadline, caller = std::this_thread::get_id(),
                            done = std::move(done)](Error error) mutable {
            if (error) return done(std::move(error));
            auto shared_done = std::make_shared<Completion<void>>(std::move(done));
            auto wait = std::make_shared<QuietWait>(loop_, [this, shared_done](bool quiet) {
              if (quiet) return (*shared_done)({});
              (*shared_done)(Error(was_shut_down() ? Errc::operation_cancelled : Errc::timed_out,
                                   "the handler that was cleared is still running"));
            });
            wait->start(deadline);
            runner.when_quiet(caller, [wait] { wait->quiet(); });
            loop_->post([this, self = shared_from_this(), wait] { end_with_shutdown(wait); });
          }));
}

void HubClientCore::start_on_message_received(std::function<void(Message)> handler, Timeout timeout,
                                              Completion<void> done) {
  set_receive_handler(handlers_.on_message_received(), std::move(handler), feature::kC2D, timeout,
                      std::move(done));
}

void HubClientCore::start_on_input_message_received(std::function<void(Message)> handler,
                                                    Timeout timeout, Completion<void> done) {
  set_receive_handler(handlers_.on_message_received(), std::move(handler), feature::kInput, timeout,
                      std::move(done));
}

void HubClientCore::start_on_method_request_received(std::function<void(MethodRequest)> handler,
                                                     Timeout timeout, Completion<void> done) {
  set_receive_handler(handlers_.on_method_request_received(), std::move(handler), feature::kMethods,
                      timeout, std::move(done));
}

void HubClientCore::start_on_twin_desired_properties_patch_received(
    std::function<void(Json)> handler, Timeout timeout, Completion<void> done) {
  set_receive_handler(handlers_.on_twin_desired_properties_patch_received(), std::move(handler),
                      feature::kTwinPatches, timeout, std::move(done));
}

void HubClientCore::on_connection_state_change(std::function<void(ConnectionStateChange)> handler) {
  check_not_shut_down();
  if (!handler) return handlers_.on_connection_state_change().set_handler({});
  handlers_.on_connection_state_change().set_handler(
      [handler = std::move(handler)](ConnectionStateEvent event) {
        ConnectionStateChange change{.connected = event.connected, .reason = {}};
        if (!event.connected) change.reason = make_disconnect_reason(event.cause);
        handler(std::move(change));
      });
}

void HubClientCore::on_new_sastoken_required(std::function<void()> handler) {
  check_not_shut_down();
  handlers_.on_new_sastoken_required(std::move(handler));
}

void HubClientCore::on_background_exception(std::function<void(const IotError&)> handler) {
  check_not_shut_down();
  if (!handler) return handlers_.on_background_exception().set_handler({});
  handlers_.on_background_exception().set_handler([handler = std::move(handler)](Error error) {
    with_exception(error, [&](const auto& exception) { handler(exception); });
  });
}

template <class T, class F>
void HubClientCore::receive(PullQueue<T>& queue, std::string_view feature, F find_inbox, bool block,
                            Timeout timeout, Completion<std::optional<T>> done) {
  const SteadyTime give_up = timeout ? deadline_of(timeout) : kNever;
  if (refuse(done) || !decide_mode(ReceiveMode::calls, done)) return;
  loop_->post([this, core = shared_from_this(), &queue, feature, find_inbox = std::move(find_inbox),
               deadline = block ? give_up : SteadyTime::min(), done = std::move(done)]() mutable {
    // Finds the inbox before the subscription, so that the first item lands in it.
    Inbox<T>& inbox = find_inbox(handlers_.inboxes());
    enable_now(feature, deadline_of({}),
               Completion<void>([this, core = std::move(core), &queue, &inbox, deadline,
                                 done = std::move(done)](Error error) mutable {
                 if (error) return done(std::move(error));
                 if (refuse(done)) return;
                 queue.wait(*loop_, inbox, deadline, std::move(done));
               }));
  });
}

void HubClientCore::start_receive_message(bool block, Timeout timeout,
                                          Completion<std::optional<Message>> done) {
  const auto find_inbox = [](InboxManager & inboxes) -> auto& { return inboxes.messages; };
  receive(message_pulls_, feature::kC2D, find_inbox, block, timeout, std::move(done));
}

void HubClientCore::start_receive_message_on_input(std::string input_name, bool block,
                                                   Timeout timeout,
                                                   Completion<std::optional<Message>> done) {
  check_text("input_name", input_name);
  auto find_inbox = [name = std::move(input_name)](InboxManager & inboxes) -> auto& {
    return inboxes.input(name);
  };
  receive(message_pulls_, feature::kInput, std::move(find_inbox), block, timeout, std::move(done));
}

void HubClientCore::start_receive_method_request(std::optional<std::string> method_name, bool block,
                                                 Timeout timeout,
                                                 Completion<std::optional<MethodRequest>> done) {
  if (method_name) check_text("method_name", *method_name);
  auto find_inbox = [name = std::move(method_name)](InboxManager & inboxes) -> auto& {
    return name && !name->empty() ? inboxes.methods.get(*name) : inboxes.method_requests;
  };
  receive(method_request_pulls_, feature::kMethods, std::move(find_inbox), block, timeout,
          std::move(done));
}

void HubClientCore::start_receive_twin_desired_properties_patch(
    bool block, Timeout timeout, Completion<std::optional<Json>> done) {
  const auto find_inbox = [](InboxManager & inboxes) -> auto& { return inboxes.twin_patches; };
  receive(twin_patch_pulls_, feature::kTwinPatches, find_inbox, block, timeout, std::move(done));
}

}  // namespace azure::iot::device::detail
