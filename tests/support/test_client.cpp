#include "support/test_client.hpp"

namespace azure::iot::device::test {
namespace {

constexpr std::string_view kGet = "$iothub/twin/GET/?$rid=";
constexpr std::string_view kPatch = "$iothub/twin/PATCH/properties/reported/?$rid=";

}  // namespace

TestClient::TestClient(ConnectionStringOptions options) {
  options.event_loop = loop;
  transport.on_packet = [this](const FakeMqttTransport::Packet& packet) { answer(packet); };
  core = detail::HubClientCore::create(
      detail::config_from_connection_string(kTestConnectionString, options), transport.factory(),
      HandlerPool::create_inline(*loop));
}

// What was posted and not run would keep the loop, which keeps it.
TestClient::~TestClient() {
  core.reset();
  loop->run_posted();
}

void TestClient::answer(const FakeMqttTransport::Packet& packet) {
  if (packet.topic.starts_with(kGet)) {
    transport.receive("$iothub/twin/res/200/?$rid=" + packet.topic.substr(kGet.size()), twin);
  } else if (packet.topic.starts_with(kPatch)) {
    transport.receive("$iothub/twin/res/204/?$rid=" + packet.topic.substr(kPatch.size()));
  }
}

Call<void> TestClient::connect(detail::Timeout timeout) {
  return call([&](auto& c, auto done) { c.start_connect(timeout, std::move(done)); });
}

Call<void> TestClient::disconnect() {
  return call([&](auto& c, auto done) { c.start_disconnect({}, std::move(done)); });
}

Call<void> TestClient::shutdown() {
  return call([&](auto& c, auto done) { c.start_shutdown(std::move(done)); });
}

Call<void> TestClient::send(std::string text, detail::Timeout timeout) {
  return call([&](auto& c, auto done) {
    c.start_send_message(Message{.data = std::move(text)}, timeout, std::move(done));
  });
}

Call<Json> TestClient::get_twin(detail::Timeout timeout) {
  return call<Json>([&](auto& c, auto done) { c.start_get_twin(timeout, std::move(done)); });
}

Call<void> TestClient::on_message(std::function<void(Message)> handler) {
  return call([&](auto& c, auto done) {
    c.start_on_message_received(std::move(handler), {}, std::move(done));
  });
}

Call<void> TestClient::on_method(std::function<void(MethodRequest)> handler) {
  return call([&](auto& c, auto done) {
    c.start_on_method_request_received(std::move(handler), {}, std::move(done));
  });
}

Call<void> TestClient::on_patch(std::function<void(Json)> handler) {
  return call([&](auto& c, auto done) {
    c.start_on_twin_desired_properties_patch_received(std::move(handler), {}, std::move(done));
  });
}

void TestClient::receive(std::string_view topic, std::string_view payload) {
  transport.receive(topic, payload);
  loop->run_posted();
}

void TestClient::receive_c2d(std::string_view payload) {
  receive("devices/dev1/messages/devicebound/%24.mid=1", payload);
}

void TestClient::drop() {
  transport.drop();
  loop->run_posted();
}

}  // namespace azure::iot::device::test
