#include "test_client.hpp"

#include <azure/iot/device/clients/detail/client_config.hpp>

#include "violations.hpp"

namespace azure::iot::device::test {
namespace {

constexpr std::string_view kGet = "$iothub/twin/GET/?$rid=";
constexpr std::string_view kPatch = "$iothub/twin/PATCH/properties/reported/?$rid=";

// Handlers run on the loop, between other work, but as if on threads of their own.
class LoopHandlerPool final : public HandlerPool {
 public:
  explicit LoopHandlerPool(ManualLoop& loop) : loop_(loop) {}
  void schedule(std::shared_ptr<Strand> strand) override { post(loop_, std::move(strand)); }

 private:
  static void post(ManualLoop& loop, std::shared_ptr<Strand> strand) {
    loop.post([&loop, strand = std::move(strand)]() mutable {
      bool more = false;
      loop.outside([&] { more = strand->run_one(); });
      if (more) post(loop, std::move(strand));
    });
  }

  ManualLoop& loop_;
};

}  // namespace

TestClient::TestClient(ConnectionStringOptions options, std::string_view connection_string) {
  options.event_loop = loop;
  create(detail::config_from_connection_string(connection_string, options));
}

TestClient::TestClient(std::string_view sastoken, SasTokenOptions options,
                       detail::TokenOwner owner) {
  options.event_loop = loop;
  create(detail::config_from_sastoken(sastoken, owner, options));
}

void TestClient::create(detail::HubClientConfig config) {
  transport.on_packet = [this](const Packet& packet) { answer(packet); };
  core = detail::HubClientCore::create(std::move(config), transport.factory(),
                                       std::make_shared<LoopHandlerPool>(*loop));
}

// What was posted and not run would keep the loop, which keeps it.
TestClient::~TestClient() {
  core.reset();
  loop->run_posted();
  for (const auto& times : calls_) {
    if (*times == 1) continue;
    report_violation("a call of the client must complete exactly once; it completed " +
                     std::to_string(*times) + " times");
  }
}

void TestClient::after(Duration delay, std::function<void()> f) {
  timers_.remove_if([](const Timer& timer) { return !timer.running(); });
  timers_.emplace_back().start(*loop, delay, std::move(f));
}

void TestClient::answer(const Packet& packet) {
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

void TestClient::invoke_method(std::string_view name, std::string_view payload) {
  const std::string rid = std::to_string(++methods_);
  receive("$iothub/methods/POST/" + std::string(name) + "/?$rid=" + rid, payload);
}

void TestClient::patch_desired(Json patch) {
  patch.set("$version", ++desired_version_);
  receive("$iothub/twin/PATCH/properties/desired/?$version=" + std::to_string(desired_version_),
          patch.dump());
}

void TestClient::drop() {
  transport.drop();
  loop->run_posted();
}

}  // namespace azure::iot::device::test
