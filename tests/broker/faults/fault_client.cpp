#include "broker/faults/fault_client.hpp"

#include <atomic>
#include <future>
#include <memory>

#include "clients/detail/client_config.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "pipeline/loop/epoll_loop.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {

using namespace std::chrono_literals;

namespace {

// The machine's clocks, with a time of day that can jump.
class JumpingClock final : public LoopClock {
 public:
  SteadyTime steady_now() const override { return system_->steady_now(); }
  WallTime wall_now() const override { return system_->wall_now() + jumped_.load(); }
  SteadyTime on_system_clock(SteadyTime due) const override { return due; }
  void jump(Duration by) { jumped_ = by; }

 private:
  const std::shared_ptr<const LoopClock> system_ = LoopClock::system();
  std::atomic<Duration> jumped_ = Duration::zero();
};

// Creates a loop whose time of day jumps with the hub's fault, if that is a clock fault.
std::shared_ptr<EventLoop> loop_for(FaultyHub& hub) {
  const bool ahead = hub.fault() == Fault::clock_ahead;
  if (!ahead && hub.fault() != Fault::clock_behind) return nullptr;
  const auto clock = std::make_shared<JumpingClock>();
  const auto loop = EpollLoop::start(clock);
  // The hub continues once the client has reacted: its alarms ring a turn later.
  hub.on_clock_jump([=] {
    std::promise<void> settled;
    clock->jump(ahead ? 26h : -26h);
    loop->wall_clock_was_set();
    loop->post([&] { loop->post([&] { settled.set_value(); }); });
    settled.get_future().wait();
  });
  return loop;
}

}  // namespace

IoTHubDeviceClient make_fault_client(FaultyHub& hub) {
  constexpr std::uint16_t kBehindProxy = 8883;
  const bool by_proxy = hub.way() == Way::proxy;
  std::optional<ProxyOptions> proxy;
  if (by_proxy) proxy = ProxyOptions{.address = "proxy.test", .port = hub.port()};
  auto config = detail::config_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "dev1",
                                                  {.server_verification_cert = hub.ca(),
                                                   .keep_alive = 5s,
                                                   .connection_retry_interval = 1s,
                                                   .websockets = hub.way() == Way::web_socket,
                                                   .proxy_options = proxy,
                                                   .port = by_proxy ? kBehindProxy : hub.port(),
                                                   .event_loop = loop_for(hub),
                                                   .max_in_flight = kFaultClientInFlight});
  return IoTHubDeviceClient(detail::HubClientCore::create(
      std::move(config),
      make_mosquitto_transport_factory({.resolver = hub.resolver(), .connect_timeout = 1s}),
      HandlerPool::shared()));
}

std::string outcome_of(const std::function<void()>& call) {
  try {
    call();
    return {};
  } catch (const OperationTimeout&) {
    return "OperationTimeout";
  } catch (const OperationCancelled&) {
    return "OperationCancelled";
  } catch (const CredentialError&) {
    return "CredentialError";
  } catch (const ConnectionFailedError&) {
    return "ConnectionFailedError";
  } catch (const ConnectionDroppedError&) {
    return "ConnectionDroppedError";
  } catch (const NoConnectionError&) {
    return "NoConnectionError";
  } catch (const ClientError&) {
    return "ClientError";
  } catch (const std::exception& e) {
    return e.what();
  }
}

std::string call_of(IoTHubDeviceClient& client, Phase phase, std::chrono::milliseconds timeout) {
  return outcome_of([&] {
    switch (phase) {
      case Phase::idle: break;
      case Phase::publish: client.send_message("in flight", timeout); break;
      case Phase::subscribe: client.on_message_received([](Message) {}, timeout); break;
      case Phase::disconnect: client.disconnect(timeout); break;
      default: client.connect(timeout);
    }
  });
}

}  // namespace azure::iot::device::test
