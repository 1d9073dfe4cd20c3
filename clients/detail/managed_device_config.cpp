#include "clients/detail/managed_device_config.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "clients/detail/option_checks.hpp"
#include "clients/detail/pipeline_options.hpp"
#include "pipeline/auth/wipe.hpp"
#include "provisioning/limits.hpp"

namespace azure::iot::device::detail {
namespace {

struct KeyText {
  explicit KeyText(std::string_view key) : text(key) {}
  ~KeyText() { wipe(text); }
  std::string text;
};

void add(Warnings& warnings, const Warnings& more) {
  for (const std::string& warning : more) {
    const bool known = std::find(warnings.begin(), warnings.end(), warning) != warnings.end();
    if (!known) warnings.push_back(warning);
  }
}

// Checks the options of one of the two clients, and names them as the application gave them.
template <class Options>
void check_options_of(std::string_view client, const Options& options) {
  try {
    check_options(options);
    pipeline_config_from({}, options);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(std::string(client) + '.' + e.what());
  }
}

template <class ClientConfig>
ClientConfig without_warnings(ClientConfig config) {
  config.warnings.clear();
  return config;
}

// `provisioning(options)` and `hub(hub, device_id, options)` create the configurations of the two
// clients.
template <class Options, class Provisioning, class Hub>
ManagedDeviceConfig make_config(std::string_view registration_id, Options options,
                                Provisioning provisioning, Hub hub) {
  if (options.failed_connects < 1) {
    refuse("failed_connects", "must be 1 or more", std::to_string(options.failed_connects));
  }
  check_registration_id(registration_id);
  if (const Error error = provisioning_limits::check_payload(
          "provisioning_payload", registration_id, options.provisioning_payload)) {
    throw std::invalid_argument(error.detail());
  }
  constexpr std::chrono::seconds kLongestDistance = std::chrono::hours{24};
  const std::chrono::seconds distance = options.registration_distance;
  if (distance < std::chrono::seconds{1} || distance > kLongestDistance) {
    refuse("registration_distance", "must be 1 s to 86400 s",
           std::to_string(distance.count()) + " s");
  }
  check_options_of("provisioning", options.provisioning);
  check_options_of("hub", options.hub);
  if (options.hub.retry_first_connection) {
    refuse("hub.retry_first_connection", "must be off: the device has a policy of its own", "on");
  }
  if (!options.hub.event_loop) options.hub.event_loop = EventLoop::shared();
  options.provisioning.event_loop = options.hub.event_loop;

  ManagedDeviceConfig config;
  // Errors and warnings are reported now, those of the hub's client too, although its hub is not
  // known yet. Later clients do not repeat the warnings.
  add(config.warnings, provisioning(options.provisioning).warnings);
  add(config.warnings, hub("hub", "device", options.hub).warnings);
  config.registration_id = registration_id;
  config.loop = options.hub.event_loop;
  config.provisioning_payload = std::move(options.provisioning_payload);
  config.failed_connects = options.failed_connects;
  config.registration_pauses = std::move(options.registration_pauses);
  if (!config.registration_pauses) {
    config.registration_pauses = std::make_shared<ExponentialBackoff>();
  }
  config.registration_distance = distance;
  config.on_new_client = std::move(options.on_new_client);
  config.on_background_exception = std::move(options.on_background_exception);
  config.provisioning = [provisioning, of = std::move(options.provisioning)] {
    return without_warnings(provisioning(of));
  };
  config.hub = [hub, of = std::move(options.hub)](std::string_view host, std::string_view device) {
    return without_warnings(hub(host, device, of));
  };
  return config;
}

}  // namespace

ManagedDeviceConfig config_from_symmetric_key(std::string_view provisioning_host,
                                              std::string_view registration_id,
                                              std::string_view id_scope,
                                              std::string_view symmetric_key,
                                              ManagedSymmetricKeyOptions options) {
  const auto key = std::make_shared<const KeyText>(symmetric_key);
  return make_config(
      registration_id, std::move(options),
      [key, host = std::string(provisioning_host), id = std::string(registration_id),
       scope = std::string(id_scope)](const ProvisioningSymmetricKeyOptions& of) {
        return config_from_symmetric_key(host, id, scope, key->text, of);
      },
      [key](std::string_view hub, std::string_view device_id, const SymmetricKeyOptions& of) {
        return config_from_symmetric_key(key->text, hub, device_id, of);
      });
}

ManagedDeviceConfig config_from_x509_certificate(std::string_view provisioning_host,
                                                 std::string_view registration_id,
                                                 std::string_view id_scope, const X509& x509,
                                                 ManagedX509Options options) {
  const auto own = std::make_shared<const X509>(x509);
  return make_config(
      registration_id, std::move(options),
      [own, host = std::string(provisioning_host), id = std::string(registration_id),
       scope = std::string(id_scope)](const ProvisioningX509Options& of) {
        return config_from_x509_certificate(host, id, scope, *own, of);
      },
      [own](std::string_view hub, std::string_view device_id, const X509Options& of) {
        return config_from_x509_certificate(*own, hub, device_id, {}, of);
      });
}

}  // namespace azure::iot::device::detail
