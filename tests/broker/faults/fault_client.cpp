#include "broker/faults/fault_client.hpp"

#include "clients/detail/client_config.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {

using namespace std::chrono_literals;

IoTHubDeviceClient make_fault_client(const FaultyHub& hub) {
  auto config = detail::config_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "dev1",
                                                  {.server_verification_cert = hub.ca(),
                                                   .keep_alive = 5s,
                                                   .connection_retry_interval = 1s,
                                                   .port = hub.port()});
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
