// The certificate of a managed device, with rejections and warnings.
#include <doctest/doctest.h>

#include "clients/managed_device.hpp"
#include "tests/clients/managed.hpp"
#include "tests/support/device_authority.hpp"
#include "tests/support/log_listener.hpp"

namespace azure::iot::device::test {
namespace {

TEST_CASE("ManagedDevice: a certificate stands for the device at both services") {
  Managed device(x509_of(make_server_certificate({.common_name = "reg1"})));
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test")};
  CHECK(device.connect().succeeded());
  device.hub.script({kRefused});
  device.hub.drop();
  device.advance(1s);
  CHECK(device.registrations() == 2);
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub2.test");
  CHECK_FALSE(device.dps.transport.passwords().at(0));
  CHECK_FALSE(device.hub.passwords().at(0));
  CHECK(device.hub.config().x509);
}

TEST_CASE("ManagedDevice: a certificate whose file was renewed is shown from the next client on") {
  const TemporaryFolder folder;
  const ServerCertificate first = make_server_certificate({.common_name = "reg1"});
  const ServerCertificate second = make_server_certificate({.common_name = "reg1"});
  const X509 x509 = x509_of(CertificateFiles{folder.write("device.pem", first.certificate),
                                             folder.write("device.key", first.key)});
  Managed device(x509);
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub1.test"),
                        assigned_to("hub1.test")};
  device.connect();
  CHECK(device.hub.config().x509->certificate == first.certificate);
  const auto register_again = [&] {
    device.hub.script({kRefused});
    device.hub.drop();
    device.advance(1s);
  };
  folder.write("device.pem", second.certificate);
  folder.write("device.key", second.key);
  register_again();
  CHECK(device.dps.transport.config().x509->certificate == second.certificate);
  CHECK(device.hub.config().x509->certificate == second.certificate);
  CHECK(device.told.empty());
  // A certificate that cannot be read is reported and read again later.
  folder.write("device.pem", "");
  register_again();
  REQUIRE_FALSE(device.told.empty());
  CHECK(device.told[0].find("x509: ") != std::string::npos);
  folder.write("device.pem", second.certificate);
  device.advance(1min);
  CHECK(device.core->client()->connected());
}

// A report about the old hub does not apply to the new one.
TEST_CASE("ManagedDevice: one refusal has it register once, also if the next client is made late") {
  const TemporaryFolder folder;
  const ServerCertificate own = make_server_certificate({.common_name = "reg1"});
  Managed device(x509_of(CertificateFiles{folder.write("device.pem", own.certificate),
                                          folder.write("device.key", own.key)}));
  device.dps.answers = {assigned_to("hub1.test"), assigned_to("hub2.test"),
                        assigned_to("hub3.test")};
  device.connect();
  device.hub.script({kRefused});
  device.dps.transport.on_packet = [&, answer = device.dps.transport.on_packet](const Packet& p) {
    answer(p);
    folder.write("device.pem", "");
  };
  device.hub.drop();
  device.advance(100ms);
  CHECK(device.registrations() == 2);
  CHECK_FALSE(device.told.empty());
  folder.write("device.pem", own.certificate);
  device.advance(1min);
  CHECK(device.registrations() == 2);
  REQUIRE(device.core->client());
  CHECK(device.core->client()->connected());
  CHECK(device.hub.config().hostname == "hub2.test");
}

// One warning for both clients, and none for clients that are created later.
TEST_CASE("ManagedDevice: what no service will accept is warned of once") {
  LogListener log(LogLevel::warning);
  Managed device(std::string_view{});
  CHECK(log.records == std::vector<std::string>{"warning|Client|reg1|symmetric_key is empty: the "
                                                "service will refuse what is signed with it"});
  device.dps.answers = {assigned_to("hub1.test")};
  CHECK(device.connect().succeeded());
  CHECK(log.records.size() == 1);
}

}  // namespace
}  // namespace azure::iot::device::test
