#include "clients/exceptions.hpp"

#include <string>
#include <string_view>

namespace azure::iot::device::detail {
namespace {

// Returns a description in the words of the Python SDK, with the remedy.
std::string_view advice(Errc code) {
  switch (code) {
    case Errc::operation_cancelled:
      return "Operation was cancelled before completion: a disconnect, a shutdown or another "
             "change of the connection came first. Call again if it is still wanted.";
    case Errc::timed_out:
      return "Could not complete operation before timeout. Check that the hub can be reached; try "
             "again, or allow more time by the call's timeout or the option operation_timeout.";
    case Errc::connection_failed:
      return "Could not connect to IoTHub. Check the host name, the network and its name servers, "
             "that a firewall lets the option port pass, which is 8883, or 443 with websockets, "
             "unless it was set, and the proxy if there is one; then try again.";
    case Errc::connection_dropped:
      return "Lost connection to IoTHub. Try again; with connection_retry the client connects "
             "again by itself.";
    case Errc::no_connection:
      return "Client is not connected to IoTHub. Call connect first, or leave auto_connect on.";
    case Errc::unauthorized:
      return "Credentials invalid, could not connect. Check that the device exists and is enabled, "
             "that the key, token or certificate belongs to it, and that this machine's clock is "
             "right.";
    case Errc::protocol_client:
      return "Error in the IoTHub client: what was sent, or came, breaks a rule of MQTT. The "
             "brackets "
             "say which. If it came, check that the host name and port are those of an IoT hub.";
    case Errc::tls_exchange_auth:
      return "Error in the IoTHub client due to TLS exchanges.";  // The detail has advice.
    case Errc::protocol_proxy:
      return "Error in the IoTHub client raised due to proxy connections. Check the proxy's "
             "address, type, user name and password.";
    case Errc::pipeline_not_running:
      return "Client has already been shut down. Create another one.";
    case Errc::service:
      return "The service refused the request. The status says whether to change it or to try "
             "again later.";
    case Errc::sas_token:
      return "No token could be made or read. Check the key, or the token that was given.";
    case Errc::bad_content:
      return "Content that the service sent cannot be read, or what was to be sent breaks a limit. "
             "The brackets say which.";
    case Errc::operation_error: return "The client cannot do this in its present state.";
    case Errc::user_handler: return "The application did not take what came in as it should.";
    case Errc::user_stage: return "A stage of the application threw an exception.";
    case Errc::user_policy:
      return "A policy of the application threw an exception. The default policy decides instead.";
    case Errc::ok:
    case Errc::pipeline_runtime:
    case Errc::abandoned: break;
  }
  return "Unexpected failure. This is a defect, in this library or in a stage of the application.";
}

// Returns the texts that differ for the provisioning service; empty where they are the same.
std::string_view provisioning_advice(Errc code) {
  switch (code) {
    case Errc::operation_cancelled:
      return "Operation was cancelled before completion: a shutdown came first.";
    case Errc::timed_out:
      return "Could not complete operation before timeout. The registration may still be under way "
             "at the provisioning service: register again, or allow more time by the call's "
             "timeout or the option operation_timeout.";
    case Errc::connection_failed:
      return "Could not connect to the provisioning service. Check its host name, the network and "
             "its name servers, that a firewall lets the option port pass, which is 8883, or 443 "
             "with websockets, unless it was set, and the proxy if there is one; then try again.";
    case Errc::connection_dropped:
      return "Lost connection to the provisioning service. Register again.";
    case Errc::unauthorized:
      return "Credentials invalid, could not connect to the provisioning service. Check the id "
             "scope, that there is an enrollment for the registration id and it is enabled, that "
             "the key is its own, or for a group the one derived for this id, that a certificate "
             "is the enrolled one, or signed by the group's authority, and has this id as its "
             "common name, and that this machine's clock is right.";
    case Errc::protocol_client:
      return "Error in the provisioning client: what was sent, or came, breaks a rule of MQTT. The "
             "brackets say which. If it came, check that the host name and port are those of a "
             "provisioning service, and that the registration id is one that it allows.";
    case Errc::tls_exchange_auth:
      return "Error in the provisioning client due to TLS exchanges.";  // The detail has advice.
    case Errc::protocol_proxy:
      return "Error in the provisioning client raised due to proxy connections. Check the proxy's "
             "address, type, user name and password.";
    case Errc::service:
      return "The provisioning service did not assign this device to a hub. What it said, and its "
             "status, tell whether to mend the enrollment or to register again later.";
    default: return {};
  }
}

}  // namespace

std::string exception_text(const Error& error, Service service) {
  std::string_view told;
  if (service == Service::provisioning) told = provisioning_advice(error.code());
  if (told.empty()) told = advice(error.code());
  std::string text(told);
  if (error.service_status() != 0) {
    text += " Status " + std::to_string(error.service_status()) + '.';
  }
  text += " [" + error.describe() + ']';
  return text;
}

void throw_error(const Error& error, Service service) {
  with_exception(
      error, [](auto exception) { throw exception; }, service);
  __builtin_unreachable();
}

}  // namespace azure::iot::device::detail
