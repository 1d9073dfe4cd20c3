#include <doctest/doctest.h>
#include <sys/stat.h>

#include "raw_device.hpp"
#include "shared_hub.hpp"
#include "support/device_authority.hpp"
#include "support/loopback_program.hpp"

using namespace azure::iot::device::test;

namespace {

constexpr int kNotAuthorized = 5;

SimulatorProcess start(const DeviceAuthority& own, const std::string& by_thumbprint) {
  return SimulatorProcess({.devices = {"d1"},
                           .x509_devices = {"x1", "x1/m1", "x2", "x3=" + by_thumbprint},
                           .arguments = {"--device-ca", own.file()}});
}

RawDevice::Options with(const CertificateFiles& files) {
  return {.certificate = files.certificate, .key = files.key};
}

RawDevice::Options made_by(const SimulatorProcess& hub, const std::string& name) {
  return with(hub.certificate_files(name));
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("Hub: a certificate lets in the device that it names, and no other") {
  const DeviceAuthority own;
  const auto third = own.issue("whatever");
  const auto another = own.issue("x3");
  const auto by_authority = own.issue("x2");
  const SimulatorProcess hub = start(own, third.certificate);
  REQUIRE(hub.x509_port() != 0);

  CHECK(RawDevice(hub, "x1", made_by(hub, "x1")).connect() == 0);
  CHECK(RawDevice(hub, "x1/m1", made_by(hub, "x1/m1")).connect() == 0);
  CHECK(RawDevice(hub, "x2", with(by_authority)).connect() == 0);
  CHECK(RawDevice(hub, "x2", made_by(hub, "x1")).connect() == kNotAuthorized);
  // Accepted by its thumbprint, regardless of the name.
  CHECK(RawDevice(hub, "x3", with(third)).connect() == 0);
  CHECK(RawDevice(hub, "x3", with(another)).connect() == kNotAuthorized);
  CHECK(hub.certificate_files("x3").key.empty());

  CHECK(mode_of(hub.certificate_files("x1").key) == 0600);
  CHECK(mode_of(hub.certificate_files("x1").certificate) == 0600);
}

TEST_CASE("Hub: what is no such certificate lets nobody in") {
  const DeviceAuthority own;
  const DeviceAuthority strangers;
  const SimulatorProcess hub = start(own, own.issue("x3").certificate);
  // Refused in TLS: no trusted authority signed it, or there is none.
  CHECK_FALSE(RawDevice(hub, "x2", with(strangers.issue("x2"))).connect());
  CHECK_FALSE(RawDevice(hub, "x1", {.password = "none", .port = hub.x509_port()}).connect());
  // The other port requests no certificate.
  CHECK(RawDevice(hub, "x1", {.password = "none"}).connect() == kNotAuthorized);
  // A device with a key needs its token, whatever certificate it presents.
  auto with_certificate = made_by(hub, "x1");
  with_certificate.password = "none";
  CHECK(RawDevice(hub, "d1", with_certificate).connect() == kNotAuthorized);
}

TEST_CASE("iothub-sim: says what is wrong with a certificate before it starts") {
  CHECK_THROWS(SimulatorProcess({.x509_devices = {"x1=/nowhere/x1.pem"}}));
  CHECK_THROWS(SimulatorProcess({.arguments = {"--device-ca", "/nowhere/ca.pem"}}));
}

TEST_CASE("iothub-sim: certificates and ports stay when the broker is restarted") {
  SimulatorProcess hub({.devices = {}, .x509_devices = {"x1"}, .websockets = true});
  REQUIRE(hub.websocket_port() != 0);
  REQUIRE(hub.x509_websocket_port() != 0);
  RawDevice device(hub, "x1", made_by(hub, "x1"));
  REQUIRE(device.connect() == 0);
  hub.restart_broker();
  CHECK(device.wait_for_loss());
  CHECK(device.connect() == 0);
}
