#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../iothub/models/message.hpp"
#include "../iothub/models/method_request.hpp"
#include "../iothub/models/method_response.hpp"
#include "../pipeline/json/json.hpp"
#include "client_options.hpp"
#include "disconnect_reason.hpp"
#include "exceptions.hpp"
#include "pull_calls.hpp"

namespace azure::iot::device {

namespace detail {
class HubClientCore;
}

// What a device (iothub_device_client.hpp) and a module (iothub_module_client.hpp) that talk to IoT
// Hub over MQTT have in common.
//
// Calls block until they have ended. They may be made on any thread, several at a time, also from
// inside a handler, but not on the thread of the client's event loop, which would wait for itself.
// Each takes an optional timeout of its own, which otherwise is the option `operation_timeout`; a
// timeout of 0 means none. A client that was moved from is good for being destroyed or assigned to;
// its calls throw std::logic_error.
//
// Any call may throw, besides what stands with it:
//   OperationTimeout          it did not end in time
//   OperationCancelled        a shutdown, a disconnect or another connect came first
//   ClientError               the client was shut down, or something in it failed
//   std::invalid_argument     an argument breaks its rule, a negative timeout for one
// and any call that needs a connection, where `auto_connect` makes one:
//   ConnectionFailedError     no connection could be made
//   ConnectionDroppedError    the connection was lost meanwhile; where connections are brought back
//                             by themselves, several times in a row, each time soon after this was
//                             sent: the text says so, and the hub probably refuses it
//   CredentialError           the hub refused the credential
//   NoConnectionError         there is none, and `auto_connect` is off
// All of these but std::invalid_argument are an IotError.
//
// Handlers run on a pool of threads, never on the loop: in order within one kind, the kinds
// independent of each other. A handler may block and may call the client, also to set handlers or
// to shut it down. What a handler throws goes to the handler for background exceptions.
//
// A handler may fork and run programs: those inherit no descriptor, unless `system` or
// `posix_spawn`, which run no fork handlers, start one just while a socket is being opened. A
// forked child's copy of a client sends nothing and may be destroyed, its calls throw ClientError,
// and the parent's goes on. The child may make clients of its own.
class IoTHubClient {
 public:
  using Timeout = std::optional<std::chrono::milliseconds>;

  // Connects, and from then on keeps the connection, if `connection_retry` is on. Returns at once
  // if there is a connection. Fails with the first attempt, or with `retry_first_connection` waits
  // for the network until the timeout: OperationTimeout then has the last failure as its cause.
  //
  //   client.connect(10s);
  void connect(Timeout timeout = {});

  // Ends the connection, until a call makes another. Messages that wait for their acknowledgement
  // are given up: their senders get OperationCancelled.
  //
  //   client.disconnect();
  void disconnect(Timeout timeout = {});

  // Ends the client for good, within a second, whatever it is doing: calls that wait on other
  // threads get OperationCancelled, calls made later ClientError. That holds for all `on_...` too,
  // whether they set a handler or clear it. Idempotent: a second call returns when the first has
  // ended.
  // What has been received is still given to its handler as far as the second allows.
  //
  //   client.shutdown();
  void shutdown();

  // Whether there is a connection at this moment. Any thread; never blocks, never throws.
  //
  //   if (!client.connected()) std::cerr << "what is sent now has to connect first\n";
  bool connected() const noexcept;

  // Sends telemetry, and returns when the hub has it. Payload and encoded properties together may
  // have 262,144 bytes, and the topic, which holds the properties, 65,535. std::invalid_argument if
  // there is more, or if a text other than the payload is not UTF-8; nothing is sent then.
  //
  //   Message message{.data = "21.5", .content_type = "text/plain"};
  //   message.custom_properties["room"] = "attic";
  //   client.send_message(message);
  void send_message(Message message, Timeout timeout = {});
  // The same for a text, and for JSON, which is marked as such: see Message::from_json.
  //
  //   client.send_message("21.5");
  //   client.send_message({{"temperature", 21.5}, {"room", "attic"}});
  template <MessageBody Body>
  void send_message(Body&& body, Timeout timeout = {}) {
    send_message(Message::of(std::forward<Body>(body)), timeout);
  }
  void send_message(std::initializer_list<JsonMember> body, Timeout timeout = {}) {
    send_message(Message::from_json(body), timeout);
  }

  // Answers a method request. To be called once for each; the hub's caller waits for it.
  // std::invalid_argument if the payload has more than 131,072 bytes as JSON.
  //
  //   client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  void send_method_response(MethodResponse response, Timeout timeout = {});

  // Reads the twin: {"desired": {…}, "reported": {…}}. ServiceError if the hub refuses.
  //
  //   const Json twin = client.get_twin();
  //   auto interval = twin["desired"]["interval"].get_if<int>();
  Json get_twin(Timeout timeout = {});

  // Changes reported properties, which null removes. ServiceError if the hub refuses.
  //
  // std::invalid_argument, naming the offending place, if the patch breaks a rule of the service,
  // which would end the connection:
  //   - A key has at most 1,024 bytes and no '.', '$', space or control character.
  //   - A text has at most 4,096 bytes.
  //   - An integer is between -4,503,599,627,370,496 and 4,503,599,627,370,496.
  //   - Objects are nested at most 10 deep.
  //   - Keys and values together count at most 32,768: a character 1, a number 8, a boolean 4.
  //
  //   client.patch_twin_reported_properties({{"temperature", 21.5}});
  void patch_twin_reported_properties(Json patch, Timeout timeout = {});

  // Sets the handler for direct methods, and has the hub send them. An empty function clears it,
  // and then waits until a call of the old one has ended. What comes while there is no handler is
  // kept for the next one. The handler answers with `send_method_response`. Requests that were not
  // handled when the connection ends are dropped, since the hub has given up on them.
  //
  // ClientError if one of the receive calls below has been used: a client has handlers, or asks.
  //
  //   client.on_method_request_received([&](MethodRequest request) {
  //     client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  //   });
  void on_method_request_received(std::function<void(MethodRequest)> handler, Timeout timeout = {});

  // The same for changes of desired properties, which come with the version that they made. With
  // `ensure_desired_properties` changes that were missed while disconnected come after the next
  // connect, as one patch.
  //
  //   client.on_twin_desired_properties_patch_received([](Json patch) {
  //     if (const Json* interval = patch.find("interval")) use(*interval);
  //   });
  void on_twin_desired_properties_patch_received(std::function<void(Json)> handler,
                                                 Timeout timeout = {});

  // The next method request, of that name if one is given: the older way, in place of the handler.
  // Returns nothing if none came within `timeout`, or at once where `block` is false; without a
  // timeout waits until one comes. A request that came before its name was first asked for is only
  // found without a name. Besides what any call throws: ClientError if a handler for messages,
  // methods or patches was set before, NoConnectionError and so on while the hub is first asked to
  // send.
  //
  //   if (auto request = client.receive_method_request("blink", true, 10s)) blink(*request);
  AZURE_IOT_DEVICE_PULL_CALL("set a handler by on_method_request_received")
  std::optional<MethodRequest> receive_method_request(std::optional<std::string> method_name = {},
                                                      bool block = true, Timeout timeout = {});

  // The same for changes of desired properties.
  //
  //   if (auto patch = client.receive_twin_desired_properties_patch(true, 10s)) use(*patch);
  AZURE_IOT_DEVICE_PULL_CALL("set a handler by on_twin_desired_properties_patch_received")
  std::optional<Json> receive_twin_desired_properties_patch(bool block = true,
                                                            Timeout timeout = {});

  // Takes a new token in place of the one with which the client was made, and connects with it.
  // Throws std::invalid_argument if it is no token, has expired, or is for another device, module
  // or hub; ClientError if the client was not made from a token. If the connect fails, the call
  // throws, and the connection is brought back with the new token as any lost one.
  //
  //   client.update_sastoken(make_token());
  void update_sastoken(std::string_view sastoken, Timeout timeout = {});

  // Sets the handler that is told when the connection comes up or goes down, and why. An empty
  // function clears it. Does not wait.
  //
  //   client.on_connection_state_change([](ConnectionStateChange change) {
  //     if (change.reason) std::cerr << change.reason->likely_cause << '\n';
  //   });
  void on_connection_state_change(std::function<void(ConnectionStateChange)> handler);
  // The same for a handler without a parameter, as in Python.
  //
  //   client.on_connection_state_change([&] { std::cerr << client.connected() << '\n'; });
  template <std::invocable Handler>
  void on_connection_state_change(Handler handler) requires(
      !std::invocable<Handler&, ConnectionStateChange>) {
    if constexpr (std::same_as<Handler, std::function<void()>>) {
      if (!handler) return on_connection_state_change(nullptr);
    }
    on_connection_state_change(
        [handler = std::move(handler)](const ConnectionStateChange&) mutable { handler(); });
  }

  // Sets the handler that is told when the token with which the client was made is about to expire:
  // 120 s before, or at once if it has less time left. After a token from `update_sastoken` with
  // less than 240 s left the next is asked for at half of that. It makes another and gives it to
  // `update_sastoken`. What comes before there is a handler is kept for it. Never called for
  // clients that make their tokens themselves. An empty function clears it. Does not wait.
  //
  //   client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  void on_new_sastoken_required(std::function<void()> handler);

  // Sets the handler that is told of what failed outside of any call: a redial, the renewal of the
  // token, a handler that threw. The exception is of the type that a call would throw. Without a
  // handler it is logged. An empty function clears it. Does not wait.
  //
  //   client.on_background_exception([](const IotError& e) { std::cerr << e.what() << '\n'; });
  void on_background_exception(std::function<void(const IotError&)> handler);

 protected:
  explicit IoTHubClient(std::shared_ptr<detail::HubClientCore> core);
  IoTHubClient(IoTHubClient&& other) noexcept;
  IoTHubClient& operator=(IoTHubClient&& other) noexcept;
  // Shuts the client down if that has not been done, within a second. Unlike `shutdown` it starts
  // no handler any more, and only waits for those that are running. On any thread, also inside one
  // of its handlers; but no other thread may be in a call.
  ~IoTHubClient();

  detail::HubClientCore& core() const;

 private:
  std::shared_ptr<detail::HubClientCore> core_;
};

}  // namespace azure::iot::device
