#include "broker/endurance/situation.hpp"

#include <atomic>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <unistd.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/call.hpp"
#include "broker/endurance/far_end.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "clients/detail/client_config.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

using detail::Completion;
using detail::HubClientCore;

const std::string kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";

// Whether a thread is waiting.
bool is_asleep(pid_t thread) {
  if (thread == 0) return false;
  const std::string stat = contents_of("/proc/self/task/" + std::to_string(thread) + "/stat");
  const auto name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat.compare(name_end + 2, 1, "S") == 0;
}

[[noreturn]] void fail(State state, const std::string& why) {
  throw std::runtime_error("the state " + to_string(state) + " could not be reached: " + why);
}

}  // namespace

std::string to_string(State state) {
  switch (state) {
    case State::never_connected: return "never connected";
    case State::resolving: return "resolving";
    case State::dialling: return "dialling";
    case State::in_handshake: return "in the handshake";
    case State::waiting_for_connack: return "waiting for the CONNACK";
    case State::idle: return "idle";
    case State::publishing: return "publishing";
    case State::window_full: return "window full";
    case State::subscribing: return "subscribing";
    case State::reading_twin: return "reading the twin";
    case State::not_read: return "not read";
    case State::waiting_for_redial: return "waiting for a redial";
    case State::redialling: return "redialling";
    case State::reauthorizing: return "reauthorizing";
    case State::disconnecting: return "disconnecting";
    case State::handler_blocked: return "handler blocked";
    case State::shut_down: return "shut down";
    case State::moved_from: return "moved from";
    case State::count: break;
  }
  return "";
}

std::string to_string(Handler handler) {
  switch (handler) {
    case Handler::message: return "message";
    case Handler::method_request: return "method request";
    case Handler::twin_patch: return "twin patch";
    case Handler::connection_state: return "connection state";
    case Handler::background_exception: return "background exception";
    case Handler::count: break;
  }
  return "";
}

struct Situation::Impl {
  Impl(State its_state, Calls its_calls) : state(its_state), calls(its_calls) {}
  ~Impl() {
    end.open();
    if (resolver) resolver->give_back();
    client.reset();
    moved_to.reset();
    for (std::thread& thread : threads) thread.join();
    // A blocked handler refers to objects that are about to be destroyed.
    eventually([&] { return core.expired(); });
  }

  struct Outcomes {
    std::mutex mutex;
    std::vector<EndedCall> ended;
    void add(Call call, std::string how) {
      const std::lock_guard lock(mutex);
      ended.push_back({to_string(call), std::move(how), std::chrono::steady_clock::now()});
    }
  };

  void make_client(std::uint16_t port, SymmetricKeyOptions options = {},
                   std::shared_ptr<Resolver> with = {}) {
    options.server_verification_cert = far_end_certificate().ca;
    options.port = port;
    options.event_loop = EventLoop::create();
    const std::string host = with ? "stuck.invalid" : "127.0.0.1";
    auto made = HubClientCore::create(
        detail::config_from_symmetric_key(kKey, host, "device-1", options),
        make_mosquitto_transport_factory({.resolver = std::move(with)}), HandlerPool::shared());
    core = made;
    loop = options.event_loop;
    client.emplace(std::move(made));
  }

  void make_client_of_far_end(SymmetricKeyOptions options = {}) {
    server = std::make_unique<ScriptedServer>([this](ScriptedConnection& c) { far_end.serve(c); });
    make_client(server->port(), std::move(options));
  }

  void connect() {
    make_client_of_far_end();
    client->connect(20s);
  }

  void begin(Call call) {
    ++begun;
    if (calls == Calls::blocking) {
      const auto thread = std::make_shared<std::atomic<pid_t>>(0);
      threads.emplace_back([out = outcomes, call, &c = *client, thread] {
        *thread = ::gettid();
        out->add(call, outcome([&] { block(c, call); }));
      });
      return until("a call has not begun", [&] { return is_asleep(*thread); });
    }
    start(*core.lock(), call, [out = outcomes, call](const Error& error) {
      out->add(call, outcome([&] {
                 if (error) detail::throw_error(error);
               }));
    });
  }

  void until(const char* what, const std::function<bool()>& condition) const {
    if (!eventually(condition)) fail(state, what);
  }
  // Waits until the loop has done everything that the started calls do there at once.
  void until_taken_up() const {
    Gate turned;
    core.lock()->loop().post([&] { turned.open(); });
    turned.wait();
  }

  void enter(std::optional<Handler> ends_in);
  void block_handler(std::optional<Handler> ends_in);

  const State state;
  const Calls calls;
  Gate end;  // Opened at the end: blocked handlers continue.
  FarEnd far_end;
  std::unique_ptr<ScriptedServer> server;
  std::unique_ptr<FullPort> full_port;
  std::shared_ptr<StuckResolver> resolver;
  std::weak_ptr<HubClientCore> core;
  std::weak_ptr<EventLoop> loop;
  std::optional<IoTHubDeviceClient> client;
  std::optional<IoTHubDeviceClient> moved_to;
  std::optional<IoTHubDeviceClient> replacement = IoTHubDeviceClient::create_from_symmetric_key(
      kKey, "127.0.0.1", "device-2", {.server_verification_cert = far_end_certificate().ca});
  std::size_t begun = 0;
  std::shared_ptr<Outcomes> outcomes = std::make_shared<Outcomes>();
  std::list<std::thread> threads;
};

void Situation::Impl::enter(std::optional<Handler> ends_in) {
  switch (state) {
    case State::never_connected: return make_client(1);
    case State::resolving:
      resolver = std::make_shared<StuckResolver>();
      make_client(8883, {}, resolver);
      begin(Call::connect);
      begin(Call::send);
      return until("no lookup", [&] { return resolver->asked() > 0; });
    case State::dialling:
      full_port = std::make_unique<FullPort>();
      make_client(full_port->number());
      begin(Call::connect);
      return until_taken_up();
    case State::in_handshake:
    case State::waiting_for_connack:
      far_end.handshake = state == State::waiting_for_connack;
      far_end.connack = false;
      make_client_of_far_end();
      begin(Call::connect);
      begin(Call::send);
      until("nobody dialled", [&] { return far_end.kept_waiting > 0; });
      return until_taken_up();
    case State::idle: return connect();
    case State::publishing:
      far_end.puback = false;
      connect();
      begin(Call::send);
      return until("no PUBLISH", [&] { return far_end.publishes > 0; });
    case State::window_full:
      far_end.puback = false;
      make_client_of_far_end({.max_in_flight = 4});
      client->connect(20s);
      for (int i = 0; i < 8; ++i) begin(Call::send);
      until("no PUBLISH", [&] { return far_end.publishes == 4; });
      return until_taken_up();
    case State::subscribing:
      far_end.suback = false;
      connect();
      begin(Call::subscribe);
      return until("no SUBSCRIBE", [&] { return far_end.subscribes > 0; });
    case State::reading_twin:
      connect();
      begin(Call::read_twin);
      return until("no PUBLISH", [&] { return far_end.publishes > 0; });
    case State::not_read:
    case State::disconnecting: {
      far_end.reads = false;
      connect();
      const auto sender = core.lock();
      for (int i = 0; i < 100; ++i) {
        sender->start_send_message({.data = std::string(256 * 1000, 'x')}, {},
                                   Completion<void>([](const Error&) {}));
      }
      if (state == State::disconnecting) begin(Call::disconnect);
      return until_taken_up();
    }
    case State::waiting_for_redial: {
      connect();
      std::atomic<int> failed = 0;
      client->on_background_exception([&](const IotError&) { ++failed; });
      server.reset();
      until("no redial failed", [&] { return failed > 0; });
      client->on_background_exception({});
      return;
    }
    case State::redialling:
      connect();
      far_end.connack = false;
      far_end.hangs_up = true;
      begin(Call::send);
      return until("no redial", [&] { return far_end.kept_waiting > 0; });
    case State::reauthorizing:
      make_client_of_far_end({.sastoken_ttl = 1s});
      client->connect(20s);
      far_end.connack = false;
      until("no new connection", [&] { return far_end.kept_waiting > 0; });
      begin(Call::send);
      return until_taken_up();
    case State::handler_blocked: return block_handler(ends_in);
    case State::shut_down: connect(); return client->shutdown();
    case State::moved_from:
      connect();
      moved_to.emplace(std::move(*client));
      return;
    case State::count: break;
  }
}

void Situation::Impl::block_handler(std::optional<Handler> ends_in) {
  connect();
  auto& handlers = core.lock()->handlers();
  const auto entered = std::make_shared<Gate>();
  const auto block = [this, entered] {
    entered->open();
    end.wait();
  };
  if (ends_in == Handler::message) {
    handlers.on_twin_desired_properties_patch_received().set_handler(
        [block](const Json&) { block(); });
    for (int i = 0; i < 2000; ++i) handlers.route_twin_patch({{"i", i}});
  } else {
    handlers.on_message_received().set_handler([block](const Message&) { block(); });
    for (int i = 0; i < 2000; ++i) handlers.route_message({.data = "x"});
  }
  entered->wait();
}

Situation::Situation(State state, Calls calls, std::optional<Handler> ends_in)
    : impl_(std::make_unique<Impl>(state, calls)) {
  impl_->enter(ends_in);
}

Situation::~Situation() = default;

IoTHubDeviceClient& Situation::client() { return *impl_->client; }
void Situation::destroy() { impl_->client.reset(); }
void Situation::assign() { *impl_->client = std::move(*impl_->replacement); }

void Situation::in_handler(Handler handler, std::function<void()> act) {
  auto& handlers = impl_->core.lock()->handlers();
  const auto once = [act = std::move(act), done = std::make_shared<std::atomic<bool>>(false)] {
    if (!done->exchange(true)) act();
  };
  switch (handler) {
    case Handler::message:
      handlers.on_message_received().set_handler([once](const Message&) { once(); });
      return handlers.route_message({.data = "x"});
    case Handler::method_request:
      handlers.on_method_request_received().set_handler([once](const MethodRequest&) { once(); });
      return handlers.route_method_request({});
    case Handler::twin_patch:
      handlers.on_twin_desired_properties_patch_received().set_handler(
          [once](const Json&) { once(); });
      return handlers.route_twin_patch({{"x", 1}});
    case Handler::connection_state:
      handlers.on_connection_state_change().set_handler(
          [once](const ConnectionStateEvent&) { once(); });
      return handlers.route_connection_state({.connected = true});
    case Handler::background_exception:
      handlers.on_background_exception().set_handler([once](const Error&) { once(); });
      return handlers.route_background_exception(Error(Errc::user_handler, "x"));
    case Handler::count: break;
  }
}

std::vector<EndedCall> Situation::ended_calls() {
  const auto copy = [&] {
    const std::lock_guard lock(impl_->outcomes->mutex);
    return impl_->outcomes->ended;
  };
  eventually([&] { return copy().size() == impl_->begun; });
  auto ended = copy();
  while (ended.size() < impl_->begun) ended.push_back({"a call", "still under way", {}});
  return ended;
}

bool Situation::nothing_left() {
  impl_->moved_to.reset();
  if (!eventually([&] { return impl_->core.expired(); })) return false;
  impl_->end.open();  // A blocked handler may keep the loop alive, since it has to report to it.
  return eventually([&] { return impl_->loop.expired(); });
}

}  // namespace azure::iot::device::test
