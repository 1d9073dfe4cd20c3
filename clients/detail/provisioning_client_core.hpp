#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "../../pipeline/mqtt_transport.hpp"
#include "../../provisioning/provisioning_operations.hpp"
#include "client_core.hpp"
#include "provisioning_client_config.hpp"
#include "resubscription.hpp"

namespace azure::iot::device::detail {

// Common core of the blocking and the asynchronous client of the provisioning service. It has each
// call once, as a start with a completion. (Python: AbstractProvisioningDeviceClient.)
//
// `start_...` may be called on any thread. A bad argument throws. Any other failure goes to the
// completion, which is called exactly once.
class ProvisioningClientCore final : public ClientCore {
 public:
  // Creates a core with an initialized pipeline. Throws an exception of `exceptions.hpp` if that
  // fails.
  static std::shared_ptr<ProvisioningClientCore> create(ProvisioningClientConfig config,
                                                        MqttTransportFactory make_transport);
  ~ProvisioningClientCore() override;

  // Sets the payload of every registration that is started from now on. Throws
  // std::invalid_argument if a registration with it would be too large. Throws ClientError if the
  // client has ended. Any thread.
  void set_provisioning_payload(Json payload);
  // Shuts the client down after a success, before it completes.
  void start_register(Timeout timeout, Completion<RegistrationResult> done);

 private:
  explicit ProvisioningClientCore(const ProvisioningClientConfig& config);

  void on_event(const Event& event);
  void on_connected(bool session_present);
  void on_closed(const Error&) override { resubscription_.cancel(); }

  void end_registration(std::optional<RegistrationResult> result, Error error,
                        Completion<RegistrationResult> done);
  Json provisioning_payload();

  const std::string registration_id_;
  std::atomic<bool> registering_ = false;
  // Whether the service sends its answers to this client.
  std::atomic<bool> answers_enabled_ = false;
  Resubscription resubscription_;  // Loop's thread only.
  std::mutex payload_mutex_;
  Json payload_;
};

}  // namespace azure::iot::device::detail
