#pragma once

#include <cstddef>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <azure/iot/device/iothub/models/message.hpp>
#include <azure/iot/device/iothub/models/method_response.hpp>
#include <azure/iot/device/pipeline/loop/manual_loop.hpp>

#include "fake_mqtt_transport.hpp"

namespace azure::iot::device::test {

// A hub at the far end, in terms of twins, methods and messages instead of topics and packets.
// Without a scripted word of reply.hpp it accepts every request, and answers a read of the twin
// with `twin`:
//
//   hub.script_twin_reads({status(429), lost, slow(5s)});  // The next three reads.
//   hub.script_subscribes({refuse});                       // The next SUBACK.
//   hub.receive_c2d("hello", duplicate);                   // Arrives twice.
//
// Nothing is queued for a client that is not connected.
class FakeHub {
 public:
  FakeHub();
  FakeHub(const FakeHub&) = delete;
  FakeHub& operator=(const FakeHub&) = delete;

  // The far end. Its `otherwise` applies once a script is used up.
  FakeMqttTransport transport;
  std::shared_ptr<ManualLoop> loop = std::make_shared<ManualLoop>();
  // The response to a read of the twin.
  std::string twin = R"({"desired": {"$version": 1}, "reported": {"$version": 1}})";

  // Scripts hold one reply each for the next requests of a kind. This one: the next connects.
  void script_connects(std::initializer_list<Reply> replies) { transport.script(replies); }
  // The SUBSCRIBE that enables a feature, and the UNSUBSCRIBE that disables it.
  void script_subscribes(std::initializer_list<Reply> replies) { add(subscribes_, replies); }
  void script_unsubscribes(std::initializer_list<Reply> replies) { add(unsubscribes_, replies); }
  // The PUBACK of a message from the client, and of its response to a method request. A publish
  // that is sent again on another link takes the next reply.
  void script_messages(std::initializer_list<Reply> replies) { add(messages_, replies); }
  void script_method_responses(std::initializer_list<Reply> replies) {
    add(method_responses_, replies);
  }
  // The response to a twin request. The usual status is 200 for a read and 204 for a patch.
  void script_twin_reads(std::initializer_list<Reply> replies) { add(twin_reads_, replies); }
  void script_twin_patches(std::initializer_list<Reply> replies) { add(twin_patches_, replies); }
  // Gives the `late` answers now.
  void release();

  // Everything that the client sent, in order. An item that was sent again is listed again.
  const std::vector<Message>& messages() const& { return sent_messages_; }
  std::vector<Message> messages() const&& { return sent_messages_; }
  const std::vector<MethodResponse>& method_responses() const& { return sent_responses_; }
  std::vector<MethodResponse> method_responses() const&& { return sent_responses_; }
  const std::vector<Json>& reported_patches() const& { return sent_patches_; }
  std::vector<Json> reported_patches() const&& { return sent_patches_; }
  // The number of responses to one method request.
  std::size_t count_responses(std::string_view request_id) const;

  // Sends something from the hub at once, unless `how` says otherwise.
  void receive(std::string_view topic, std::string_view payload = {}, const Reply& how = accept);
  void receive_c2d(std::string_view payload, const Reply& how = accept);
  void receive_input(std::string_view input, std::string_view payload, const Reply& how = accept);
  // Returns the request id, which is different for each call.
  std::string invoke_method(std::string_view name, std::string_view payload,
                            const Reply& how = accept);
  // Sends a patch with the next $version. `twin` does not change.
  void patch_desired(Json patch, const Reply& how = accept);

  // Drops the link now.
  void drop();
  // Leaves the link up but silent: nothing arrives on it until the keep-alive detects the loss.
  void fall_silent();

 private:
  using Script = std::deque<Reply>;

  static void add(Script& script, std::initializer_list<Reply> replies);
  static std::optional<Reply> take(Script& script);

  std::optional<Reply> reply_to(const Packet& packet);
  void serve(const Packet& packet);
  void answer(Script& script, int usual, std::string rid, std::string body);
  std::string device_topic() const;
  std::string identity_topic() const;
  std::string telemetry_topic() const;

  Script subscribes_, unsubscribes_, messages_, method_responses_, twin_reads_, twin_patches_;
  std::vector<Message> sent_messages_;
  std::vector<MethodResponse> sent_responses_;
  std::vector<Json> sent_patches_;
  int methods_ = 0;
  int received_ = 0;
  int desired_version_ = 1;
};

}  // namespace azure::iot::device::test
