// A device that is assigned to a hub: it registers with the provisioning service, connects to its
// hub, and sends a reading.
//
//   PROVISIONING_ID_SCOPE          the scope's id, as the portal shows it
//   PROVISIONING_REGISTRATION_ID   the device's id
//   PROVISIONING_KEY               the device's key; or
//   PROVISIONING_GROUP_KEY         that of its enrollment group, from which its own is made here. A
//                                  real device is given its own alone. Or
//   PROVISIONING_CERTIFICATE       the file of the device's certificate, and
//   PROVISIONING_CERTIFICATE_KEY   that of the certificate's key
//   PROVISIONING_HOST              the service's name, if it is not the one that all share
//   PROVISIONING_CA_FILE, PROVISIONING_PORT, IOTHUB_CA_FILE, IOTHUB_PORT
//                                  as in sample_program.hpp, for either service (optional)
#include <cstdlib>
#include <string>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace std::chrono_literals;
using sample::say;

namespace {

std::string device_key(const std::string& registration_id) {
  const std::string group_key = sample::setting("PROVISIONING_GROUP_KEY");
  if (!group_key.empty()) return derive_device_key(group_key, registration_id);
  return sample::required_setting("PROVISIONING_KEY", "the device's key, in base64");
}

// The device's work once it is assigned to a hub.
int work(IoTHubDeviceClient client, const RegistrationResult& result) {
  say("assigned to " + *result.registration_state->assigned_hub + " as " +
      *result.registration_state->device_id);
  client.send_message(Message::from_json({{"reading", 1}}));
  say("sent reading 1");
  client.shutdown();
  return EXIT_SUCCESS;
}

int run(bool) {
  const std::string id_scope =
      sample::required_setting("PROVISIONING_ID_SCOPE", "the scope's id, as the portal shows it");
  const std::string registration_id =
      sample::required_setting("PROVISIONING_REGISTRATION_ID", "the device's id");
  std::string host = sample::setting("PROVISIONING_HOST");
  if (host.empty()) host = "global.azure-devices-provisioning.net";

  if (const std::string file = sample::setting("PROVISIONING_CERTIFICATE"); !file.empty()) {
    X509 x509;
    x509.certificate = file;
    x509.key = sample::required_setting("PROVISIONING_CERTIFICATE_KEY",
                                        "the file of the certificate's key");
    auto provisioning = ProvisioningDeviceClient::create_from_x509_certificate(
        host, registration_id, id_scope, x509,
        sample::options<ProvisioningX509Options>("PROVISIONING"));
    const RegistrationResult result = provisioning.register_device(2min);
    return work(create_device_client(result, x509, sample::options<X509Options>()), result);
  }

  const std::string key = device_key(registration_id);
  auto provisioning = ProvisioningDeviceClient::create_from_symmetric_key(
      host, registration_id, id_scope, key,
      sample::options<ProvisioningSymmetricKeyOptions>("PROVISIONING"));
  const RegistrationResult result = provisioning.register_device(2min);
  return work(create_device_client(result, key, sample::options<SymmetricKeyOptions>()), result);
}

}  // namespace

int main(int argc, char** argv) {
  return sample::run_program(
      argc, argv,
      "Usage: provisioning_sample\n"
      "A device that registers with the provisioning service, connects to the hub that it is\n"
      "assigned to, and sends a reading.\n"
      "Settings, from the environment:\n"
      "  PROVISIONING_ID_SCOPE          the scope's id, as the portal shows it\n"
      "  PROVISIONING_REGISTRATION_ID   the device's id\n"
      "One of these credentials:\n"
      "  PROVISIONING_KEY               the device's key\n"
      "  PROVISIONING_GROUP_KEY         the key of its enrollment group\n"
      "  PROVISIONING_CERTIFICATE, PROVISIONING_CERTIFICATE_KEY\n"
      "                                 the files of the device's certificate and of its key\n"
      "Optional:\n"
      "  PROVISIONING_HOST              the service's name, if it is not the global one\n"
      "  PROVISIONING_CA_FILE, IOTHUB_CA_FILE\n"
      "                                 certificates to trust instead of the system's\n"
      "  PROVISIONING_PORT, IOTHUB_PORT the services' ports, if they are not 8883\n",
      "", run);
}
