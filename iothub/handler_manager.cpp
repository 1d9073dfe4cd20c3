#include "iothub/handler_manager.hpp"

#include <atomic>
#include <utility>

#include "pipeline/log.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

struct HandlerManager::Inboxes {
  explicit Inboxes(std::size_t capacity)
      : received(capacity),
        connection_states(capacity),
        background_exceptions(capacity),
        new_sastokens(1) {}

  InboxManager received;
  Inbox<ConnectionStateEvent> connection_states;
  Inbox<Error> background_exceptions;
  Inbox<NewSasTokenRequired> new_sastokens;
};

namespace {

constexpr std::string_view kName = "HandlerManager";

// Drops a notification of the client itself if its handler is too far behind; messages are never
// dropped this way.
template <class T>
bool put_unless_full(Inbox<T>& inbox, T& item) {
  if (inbox.size() >= inbox.capacity()) return false;
  inbox.put(std::move(item));
  return true;
}

void report_background_exception(HandlerRunner<Error>& runner, Inbox<Error>& inbox, Error error) {
  log(LogLevel::warning, kName, "background exception: ", error.describe());
  if (runner.has_handler() && put_unless_full(inbox, error)) runner.wake();
}

}  // namespace

HandlerManager::HandlerManager(std::shared_ptr<HandlerPool> pool, std::size_t inbox_capacity,
                               std::weak_ptr<EventLoop> loop)
    : inboxes_(std::make_shared<Inboxes>(inbox_capacity)) {
  // An exception from the handler for background exceptions is only logged; that handler is the
  // only one for it.
  const auto log_only = [](const Error& error) { log(LogLevel::error, kName, error.describe()); };
  background_exceptions_ = std::make_shared<HandlerRunner<Error>>(
      "on_background_exception", inboxes_->background_exceptions, inboxes_, pool, loop, log_only);

  const auto report = [runner = background_exceptions_, inboxes = inboxes_](Error error) {
    report_background_exception(*runner, inboxes->background_exceptions, std::move(error));
  };
  const auto make_runner = [&]<class T>(std::string_view name, Inbox<T>& inbox) {
    return std::make_shared<HandlerRunner<T>>(name, inbox, inboxes_, pool, loop, report);
  };
  InboxManager& received = inboxes_->received;
  messages_ = make_runner("on_message_received", received.messages);
  method_requests_ = make_runner("on_method_request_received", received.method_requests);
  twin_patches_ = make_runner("on_twin_desired_properties_patch_received", received.twin_patches);
  connection_states_ = make_runner("on_connection_state_change", inboxes_->connection_states);
  new_sastokens_ = make_runner("on_new_sastoken_required", inboxes_->new_sastokens);
}

HandlerManager::~HandlerManager() { stop(); }

void HandlerManager::on_new_sastoken_required(std::function<void()> handler) {
  if (!handler) return new_sastokens_->set_handler({});
  new_sastokens_->set_handler([f = std::move(handler)](NewSasTokenRequired) { f(); });
}

void HandlerManager::route_message(Message message) {
  if (Inbox<Message>* const inbox = inboxes_->received.inbox_of(message)) {
    return route(*messages_, *inbox, "messages", std::move(message));
  }
  // The message is dropped as in Python. Unlike Python: this is reported.
  route_background_exception(
      Error(Errc::user_handler, "a message to the input " + quoted(*message.input_name) +
                                    " is dropped: receive_message_on_input was only ever called "
                                    "for others"));
}

void HandlerManager::route_method_request(MethodRequest request) {
  Inbox<MethodRequest>& inbox = inboxes_->received.inbox_of(request);
  route(*method_requests_, inbox, "method requests", std::move(request));
}

void HandlerManager::route_twin_patch(Json patch) {
  route(*twin_patches_, inboxes_->received.twin_patches, "desired-property patches",
        std::move(patch));
}

template <class T>
void HandlerManager::route(HandlerRunner<T>& runner, Inbox<T>& inbox, std::string_view what,
                           T item) {
  const bool filled = inbox.put(std::move(item));
  runner.wake();
  if (!filled) return;
  log(LogLevel::warning, kName, what,
      " come faster than the handler takes them: ", std::to_string(inbox.capacity()),
      " are waiting", runner.has_handler() ? "" : ", and no handler is set");
}

void HandlerManager::route_connection_state(ConnectionStateEvent event) {
  if (!connection_states_->has_handler()) return;
  // A full inbox drops the oldest changes: the last one is the current state.
  auto& inbox = inboxes_->connection_states;
  if (inbox.size() >= inbox.capacity()) inbox.take();
  inbox.put(std::move(event));
  connection_states_->wake();
}

void HandlerManager::route_new_sastoken_required() {
  NewSasTokenRequired event;
  if (put_unless_full(inboxes_->new_sastokens, event)) new_sastokens_->wake();
}

void HandlerManager::route_background_exception(Error error) {
  report_background_exception(*background_exceptions_, inboxes_->background_exceptions,
                              std::move(error));
}

InboxManager& HandlerManager::inboxes() { return inboxes_->received; }

template <class F>
void HandlerManager::for_each_runner(const F& f) {
  f(*messages_);
  f(*method_requests_);
  f(*twin_patches_);
  f(*connection_states_);
  f(*new_sastokens_);
  f(*background_exceptions_);
}

void HandlerManager::when_quiet(std::thread::id except, std::function<void()> f) {
  struct Countdown {
    std::atomic<int> left = 0;
    std::function<void()> f;
  };
  auto countdown = std::make_shared<Countdown>();
  countdown->f = std::move(f);
  for_each_runner([&](auto&) { ++countdown->left; });
  for_each_runner([&](auto& runner) {
    runner.when_quiet(except, [countdown] {
      if (countdown->left.fetch_sub(1) == 1) countdown->f();
    });
  });
}

void HandlerManager::stop() {
  for_each_runner([](auto& runner) { runner.set_handler({}); });
}

}  // namespace azure::iot::device
