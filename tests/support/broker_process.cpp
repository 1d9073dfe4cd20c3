#include "tests/support/broker_process.hpp"

namespace azure::iot::device::test {
namespace {

// User "device", password "secret", as mosquitto_passwd writes them.
constexpr const char* kPasswordFile =
    "device:$6$JqF+HNcx9Q7PAR4g$iHyDW4GbxLbV8enj23bh5sFafWpYoaKkH"
    "N82IKlAtY4TTt53Spa1uu1DsB6yIE8qEVsIJFWtSVH1jndtJGUkLw==\n";

// Writes the broker's files; returns the path of its configuration.
std::string configure(const TemporaryFolder& folder, const ServerCertificate& certificate,
                      std::uint16_t port) {
  std::string text =
      "user root\nallow_anonymous false\npersistence false\nset_tcp_nodelay true\n"
      "max_queued_messages 100000\nmax_inflight_messages 1000\nlog_dest file " +
      (folder.path() / "log").string() + "\n";
  text += "password_file " + folder.write("passwords", kPasswordFile) + "\n";
  text += "listener " + std::to_string(port) + " 127.0.0.1\n";
  text += "certfile " + folder.write("server.pem", certificate.certificate) + "\n";
  text += "keyfile " + folder.write("server.key", certificate.key) + "\n";
  return folder.write("mosquitto.conf", text);
}

}  // namespace

BrokerProcess::BrokerProcess()
    : certificate_(make_server_certificate()),
      port_(free_port()),
      broker_({.arguments = {AZURE_IOT_TEST_BROKER, "-c", configure(folder_, certificate_, port_)},
               .environment = {"LD_LIBRARY_PATH=" AZURE_IOT_TEST_BROKER_LIBRARY_PATH}},
              port_) {
  start();
}

}  // namespace azure::iot::device::test
