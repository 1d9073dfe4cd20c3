#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../../iothub/handler_manager.hpp"
#include "../../iothub/iothub_operations.hpp"
#include "../../pipeline/mqtt_transport.hpp"
#include "../disconnect_reason.hpp"
#include "client_config.hpp"
#include "client_core.hpp"
#include "pull_queue.hpp"
#include "resubscription.hpp"

namespace azure::iot::device::detail {

class QuietWait;

// Kind of messages that a client receives: a device receives those from the cloud, a module those
// to its inputs.
enum class ReceivedMessages : unsigned { from_cloud = 1, to_inputs = 2 };

// Common core of the device client and the module client, blocking and asynchronous. It has each
// call once, as a start with a completion. It owns the pipeline, its inboxes and handlers, and
// their shared state. (Python: AbstractIoTHubClient with the MQTTPipeline.)
//
// `start_...` may be called on any thread, several at once. A bad argument throws. Any other
// failure goes to the completion, which is called exactly once.
class HubClientCore final : public ClientCore {
 public:
  // Creates a core with an initialized pipeline. Throws an exception of `exceptions.hpp` if that
  // fails.
  static std::shared_ptr<HubClientCore> create(HubClientConfig config,
                                               MqttTransportFactory make_transport,
                                               std::shared_ptr<HandlerPool> handler_pool);

  ~HubClientCore() override;

  // Receives messages of this kind. Messages of a kind that was not named are dropped and logged,
  // as in Python. Without a call both kinds are received.
  void receive(ReceivedMessages kind) { received_messages_ |= static_cast<unsigned>(kind); }

  bool connected() const { return connected_.load(std::memory_order_acquire); }
  HandlerManager& handlers() { return handlers_; }

  void start_connect(Timeout timeout, Completion<void> done);
  void start_disconnect(Timeout timeout, Completion<void> done);
  void stop_handlers() override { handlers_.stop(); }

  // Each throws std::invalid_argument if the request breaks a limit of limits.hpp.
  void start_send_message(Message message, Timeout timeout, Completion<void> done);
  void start_send_method_response(MethodResponse response, Timeout timeout, Completion<void> done);
  void start_get_twin(Timeout timeout, Completion<Json> done);
  void start_patch_twin_reported_properties(Json patch, Timeout timeout, Completion<void> done);

  // Sends to an output of a module; otherwise as above.
  void start_send_message_to_output(Message message, std::string output_name, Timeout timeout,
                                    Completion<void> done);
  // Throws std::invalid_argument if the token is not valid for this client. Connects with the
  // token.
  void start_update_sastoken(std::string_view sastoken, Timeout timeout, Completion<void> done);

  // Sets a handler at once, and then subscribes to its feature at the hub. An empty function clears
  // the handler, unsubscribes, and completes when a running call of the handler has returned.
  void start_on_message_received(std::function<void(Message)> handler, Timeout timeout,
                                 Completion<void> done);
  void start_on_input_message_received(std::function<void(Message)> handler, Timeout timeout,
                                       Completion<void> done);
  void start_on_method_request_received(std::function<void(MethodRequest)> handler, Timeout timeout,
                                        Completion<void> done);
  void start_on_twin_desired_properties_patch_received(std::function<void(Json)> handler,
                                                       Timeout timeout, Completion<void> done);

  // Older way, instead of handlers. Completes with the next item, or with nothing once `timeout`
  // has passed, or at once if `block` is false. No timeout, or a timeout of 0, waits until an item
  // arrives.
  void start_receive_message(bool block, Timeout timeout, Completion<std::optional<Message>> done);
  void start_receive_message_on_input(std::string input_name, bool block, Timeout timeout,
                                      Completion<std::optional<Message>> done);
  // An empty name counts as none.
  void start_receive_method_request(std::optional<std::string> method_name, bool block,
                                    Timeout timeout, Completion<std::optional<MethodRequest>> done);
  void start_receive_twin_desired_properties_patch(bool block, Timeout timeout,
                                                   Completion<std::optional<Json>> done);

  // Set the handler and return. An empty function clears it. Throw ClientError if the client was
  // shut down.
  void on_connection_state_change(std::function<void(ConnectionStateChange)> handler);
  void on_new_sastoken_required(std::function<void()> handler);
  void on_background_exception(std::function<void(const IotError&)> handler);

 private:
  // Call that enables or disables a feature.
  struct FeatureCall {
    FeatureCall(bool enable_, SteadyTime deadline_, Completion<void> done_)
        : enable(enable_), deadline(deadline_), done(std::move(done_)) {}
    bool enable;
    SteadyTime deadline;
    Completion<void> done;
    Timer timer;  // For a call that shares the operation of an earlier one.
  };
  // Loop's thread only, except `enabled`.
  struct Feature {
    std::string_view name;
    std::atomic<bool> enabled = false;
    // Calls in their order. If an operation is under way, it belongs to the first.
    std::list<FeatureCall> calls = {};
    bool changing = false;
    // Whether the hub has dropped the subscription together with the session.
    bool lost = false;
    Resubscription resubscription = {};
  };
  // Handlers and the older receive calls exclude each other: the first use decides. (Python:
  // receive type.)
  enum class ReceiveMode { undecided, handlers, calls };

  HubClientCore(const HubClientConfig& config, std::shared_ptr<HandlerPool> handler_pool);

  // Handles the events at the top of the pipeline, on the loop's thread.
  void on_event(const Event& event);
  void on_message(Message& message, ReceivedMessages kind);
  void control_flow();
  void on_connected(bool session_present);
  void on_disconnected(const Error& cause);
  void on_link_down(const Error& cause);
  void enable_again(Feature& feature);

  void on_closed(const Error& why) override;
  void when_quiet(std::thread::id caller, std::function<void()> f) override;

  using ClientCore::submit;
  template <class Op>
  void submit(Owned<Op> op, Timeout timeout, Completion<void> done);
  // Submits the operation once the feature is enabled.
  void submit_with(std::string_view feature, OpPtr op, SteadyTime deadline);

  Feature& find(std::string_view feature);
  void enable(std::string_view feature, SteadyTime deadline, Completion<void> done);
  void disable(std::string_view feature, SteadyTime deadline, Completion<void> done);
  // Loop's thread only. A call completes at once if there is nothing to do. Unlike Python: with
  // `ensure_desired_properties` the twin is enabled before its patches, since the chain then reads
  // the twin.
  void enable_now(std::string_view feature, SteadyTime deadline, Completion<void> done);
  void change(Feature& feature, bool enable, SteadyTime deadline, Completion<void> done);
  void advance(Feature& feature);
  void start_change(Feature& feature);
  void on_changed(Feature& feature, bool enable, const Error& error);
  void end_call(Feature& feature, std::list<FeatureCall>::iterator call, Error error);
  template <class T>
  void set_receive_handler(HandlerRunner<T>& runner, std::function<void(T)> handler,
                           std::string_view feature, Timeout timeout, Completion<void> done);

  template <class T>
  bool decide_mode(ReceiveMode mode, Completion<T>& done);
  // `find_inbox` is called on the loop's thread.
  template <class T, class F>
  void receive(PullQueue<T>& queue, std::string_view feature, F find_inbox, bool block,
               Timeout timeout, Completion<std::optional<T>> done);

  template <class Op>
  void send(Message message, Timeout timeout, Completion<void> done);
  void end_with_shutdown(const std::shared_ptr<QuietWait>& wait);

  const bool ensure_desired_properties_;
  const std::string client_id_;
  const HubSasUri identity_;
  const std::size_t telemetry_topic_size_;
  // Whether the application created the token.
  const bool has_own_sastoken_;
  std::atomic<unsigned> received_messages_ = 0;
  std::atomic<bool> connected_ = false;
  // Features in the order in which they are enabled again.
  std::array<Feature, 5> features_{{{feature::kTwin},
                                    {feature::kC2D},
                                    {feature::kInput},
                                    {feature::kMethods},
                                    {feature::kTwinPatches}}};
  bool reading_paused_ = false;  // Loop's thread only.
  HandlerManager handlers_;
  std::atomic<ReceiveMode> receive_mode_ = ReceiveMode::undecided;
  // Callers that wait in the older receive calls. Loop's thread only.
  PullQueue<Message> message_pulls_;
  PullQueue<MethodRequest> method_request_pulls_;
  PullQueue<Json> twin_patch_pulls_;
  // Waits of calls until a cleared handler has returned. Loop's thread only.
  std::vector<std::weak_ptr<QuietWait>> quiet_waits_;
};

}  // namespace azure::iot::device::detail
