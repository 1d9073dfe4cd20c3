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

// Base of the clients that talk to IoT Hub over MQTT: a device (iothub_device_client.hpp) and a
// module (iothub_module_client.hpp).
//
// Calls block until they complete. They may be made on any thread, several at a time, and inside a
// handler. They must not be made on the thread of the client's event loop, which would wait for
// itself. Each takes an optional timeout of its own; the default is the option `operation_timeout`,
// and 0 means no limit. A client that was moved from may only be destroyed or assigned to; its
// calls throw std::logic_error.
//
// Any call may throw, besides the exceptions in its own comment:
//   OperationTimeout          it did not complete in time
//   OperationCancelled        a shutdown, a disconnect or another connect came first
//   ClientError               the client was shut down, or something in it failed
//   std::invalid_argument     an argument breaks its rule, a negative timeout for one
// and any call that needs a connection, which `auto_connect` establishes:
//   ConnectionFailedError     no connection could be established
//   ConnectionDroppedError    the connection was lost meanwhile. With `connection_retry` this means
//                             several times in a row, each time soon after the request was sent.
//                             The text says so then, and the hub probably refuses the request
//   CredentialError           the hub refused the credential
//   NoConnectionError         there is no connection, and `auto_connect` is off
// All of these are an IotError, except std::invalid_argument.
//
// Handlers run on a pool of threads, never on the loop. Calls of one kind of handler are made in
// order; the kinds are independent of each other. A handler may block and may call the client,
// including to set handlers or to shut it down. An exception from a handler goes to the handler for
// background exceptions.
//
// A handler may fork and run programs. Programs inherit no descriptor, with one exception: `system`
// and `posix_spawn` run no fork handlers, so a program that they start while a socket is being
// opened may inherit it. A forked child's copy of a client sends nothing and may be destroyed; its
// calls throw ClientError. The parent's client continues. The child may create clients of its own.
class IoTHubClient {
 public:
  using Timeout = std::optional<std::chrono::milliseconds>;

  // Connects, and from then on keeps the connection if `connection_retry` is on. Returns at once if
  // there is a connection. Throws when the first attempt fails. With `retry_first_connection` it
  // waits for the network until the timeout instead; OperationTimeout then has the last failure as
  // its cause.
  //
  //   client.connect(10s);
  void connect(Timeout timeout = {});

  // Closes the connection until a call opens another. Messages that wait for their acknowledgement
  // are cancelled: their senders get OperationCancelled.
  //
  //   client.disconnect();
  void disconnect(Timeout timeout = {});

  // Ends the client for good, within a second, in any state. Calls that wait on other threads get
  // OperationCancelled, and later calls ClientError. That includes all `on_...`, whether they set a
  // handler or clear it. Idempotent: a second call returns when the first has completed. Items
  // already received are still passed to their handlers, as far as the second allows.
  //
  //   client.shutdown();
  void shutdown();

  // Whether there is a connection at this moment. May be called on any thread; never blocks, never
  // throws.
  //
  //   if (!client.connected()) std::cerr << "what is sent now has to connect first\n";
  bool connected() const noexcept;

  // Sends telemetry, and returns when the hub has acknowledged it. Payload and encoded properties
  // together may have 262,144 bytes, and the topic, which holds the properties, 65,535. Throws
  // std::invalid_argument, and sends nothing, if there is more or if a text other than the payload
  // is not UTF-8.
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

  // Answers a method request. Call it once for each request: the hub's caller waits for the answer.
  // Throws std::invalid_argument if the payload has more than 131,072 bytes as JSON.
  //
  //   client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  void send_method_response(MethodResponse response, Timeout timeout = {});

  // Reads the twin: {"desired": {…}, "reported": {…}}. Throws ServiceError if the hub refuses.
  //
  //   const Json twin = client.get_twin();
  //   auto interval = twin["desired"]["interval"].get_if<int>();
  Json get_twin(Timeout timeout = {});

  // Changes reported properties; a null value removes the property. Throws ServiceError if the hub
  // refuses.
  //
  // Throws std::invalid_argument, which names the offending place, if the patch breaks a rule of
  // the service. The hub would end the connection over such a patch. The rules: a key has at most
  // 1,024 bytes and no '.', '$', space or control character. A text has at most 4,096 bytes. An
  // integer is between -4,503,599,627,370,496 and 4,503,599,627,370,496. Objects are nested at most
  // 10 deep. Keys and values together count at most 32,768: a character 1, a number 8, a boolean 4.
  //
  //   client.patch_twin_reported_properties({{"temperature", 21.5}});
  void patch_twin_reported_properties(Json patch, Timeout timeout = {});

  // Sets the handler for direct methods, and subscribes to them at the hub. An empty function
  // clears the handler, and then waits until a running call of it has returned. Requests that
  // arrive without a handler are kept for the next one. The handler answers with
  // `send_method_response`. Requests that were not handled when the connection ends are dropped,
  // since the hub has given up on them.
  //
  // Throws ClientError if one of the receive calls below has been used: a client uses either
  // handlers or receive calls.
  //
  //   client.on_method_request_received([&](MethodRequest request) {
  //     client.send_method_response(MethodResponse::create_from_method_request(request, 200));
  //   });
  void on_method_request_received(std::function<void(MethodRequest)> handler, Timeout timeout = {});

  // The same for changes of desired properties. Each patch carries the version that it led to. With
  // `ensure_desired_properties`, changes that were missed while disconnected arrive after the next
  // connect, as one patch.
  //
  //   client.on_twin_desired_properties_patch_received([](Json patch) {
  //     if (const Json* interval = patch.find("interval")) use(*interval);
  //   });
  void on_twin_desired_properties_patch_received(std::function<void(Json)> handler,
                                                 Timeout timeout = {});

  // Receives the next method request, of that name if one is given. This is the older way, in place
  // of the handler. Returns nothing if no request arrives within `timeout`, or at once if `block`
  // is false. Without a timeout it waits until one arrives. A request that arrived before its name
  // was first asked for is only found without a name. Also throws ClientError if a handler for
  // messages, methods or patches was set before. The first call subscribes at the hub, and throws
  // NoConnectionError and the other exceptions of a call that needs a connection.
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

  // Replaces the token with which the client was created, and connects with the new one. Throws
  // std::invalid_argument if it is not a token, has expired, or is for another device, module or
  // hub. Throws ClientError if the client was not created from a token. If the connect fails, the
  // call throws; the client then reconnects with the new token as after any lost connection.
  //
  //   client.update_sastoken(make_token());
  void update_sastoken(std::string_view sastoken, Timeout timeout = {});

  // Sets the handler that is called when the connection is established or lost, with the reason. An
  // empty function clears it. Does not wait.
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

  // Sets the handler that is called when the token with which the client was created is about to
  // expire: 120 s before, or at once if less time is left. After a token from `update_sastoken`
  // with less than 240 s left, the next is requested at half of that time. The handler creates a
  // new token and passes it to `update_sastoken`. A request that comes before there is a handler is
  // kept for it. Never called for clients that create their tokens themselves. An empty function
  // clears it. Does not wait.
  //
  //   client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  void on_new_sastoken_required(std::function<void()> handler);

  // Sets the handler for failures outside of any call: a reconnect, the renewal of the token, a
  // handler that threw. The exception has the type that a call would throw. Without a handler it is
  // logged. An empty function clears it. Does not wait.
  //
  //   client.on_background_exception([](const IotError& e) { std::cerr << e.what() << '\n'; });
  void on_background_exception(std::function<void(const IotError&)> handler);

 protected:
  explicit IoTHubClient(std::shared_ptr<detail::HubClientCore> core);
  IoTHubClient(IoTHubClient&& other) noexcept;
  IoTHubClient& operator=(IoTHubClient&& other) noexcept;
  // Shuts the client down, within a second, if that has not been done. Unlike `shutdown` it starts
  // no more handlers, and only waits for those that are running. May run on any thread, including
  // inside one of the client's handlers. No other thread may be in a call.
  ~IoTHubClient();

  detail::HubClientCore& core() const;

 private:
  std::shared_ptr<detail::HubClientCore> core_;
};

}  // namespace azure::iot::device
