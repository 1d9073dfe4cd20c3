#include "test_client.hpp"

#include <azure/iot/device/clients/detail/client_config.hpp>

#include "end_client.hpp"
#include "violations.hpp"

namespace azure::iot::device::test {
namespace {

// Handlers run on the loop, between other work, but behave as if on threads of their own.
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
  core = detail::HubClientCore::create(std::move(config), transport.factory(),
                                       std::make_shared<LoopHandlerPool>(*loop));
}

TestClient::~TestClient() {
  timers_.clear();
  end_client(std::move(core), *loop);
  for (const auto& times : calls_) {
    if (*times == 1) continue;
    report_violation("a call of the client must complete exactly once; it completed " +
                     std::to_string(*times) + " times");
  }
}

void TestClient::after(Duration delay, std::function<void()> f) {
  const auto timer = timers_.emplace(timers_.end());
  timer->start(*loop, delay, [this, timer, f = std::move(f)] {
    timers_.erase(timer);
    loop->outside(f);
  });
}

void TestClient::sleep(Duration time) {
  bool awake = false;
  Timer timer;
  timer.start(*loop, time, [&] { awake = true; });
  while (!awake) loop->run_until([&] { return awake; });
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

}  // namespace azure::iot::device::test
