// Certificates at the simulated provisioning service, as any device sees it.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/files.hpp"
#include "common/json.hpp"
#include "raw_registration.hpp"
#include "support/device_authority.hpp"
#include "support/temporary_folder.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

TEST_CASE("DPS: a device with a certificate registers, and its hub knows the certificate") {
  const DeviceAuthority own;
  const CertificateFiles brought = own.issue("r2");
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub},
                 {"--x509-enrollment", "r1", "--x509-enrollment", "r2=" + brought.certificate});
  const CertificateFiles& made = dps.certificate_files("r1");
  CHECK_FALSE(made.key.empty());
  CHECK(dps.certificate_files("r2").key.empty());
  CHECK(connect_to(hub, "r1", made) == 5);
  const auto check_registers = [&](const std::string& id, const CertificateFiles& files) {
    RawRegistration registration(dps, id, files);
    REQUIRE(registration.start());
    CHECK(has(registration.finish(), "\"assigned\""));
    CHECK(connect_to(hub, id, files) == 0);
  };
  check_registers("r1", made);
  check_registers("r2", brought);
  CHECK(connect_to(hub, "r1", brought) == 5);
  CHECK(connect_to(hub, "r2", made) == 5);
  // A device enrolled by certificate has no key to sign a token with.
  CHECK(connect_to(hub, "r1", std::string()) == 5);
}

TEST_CASE("DPS: a certificate that is not the enrolled one registers nobody") {
  const DeviceAuthority own;
  const DeviceAuthority strangers;
  const CertificateFiles brought = own.issue("r2");
  const CertificateFiles misnamed = own.issue("another");
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub},
                 {"--enrollment", "k1", "--x509-enrollment", "r1", "--x509-enrollment",
                  "r2=" + brought.certificate, "--x509-enrollment", "r3=" + misnamed.certificate});
  const auto connect = [&](const std::string& id, const CertificateFiles& files) {
    return RawRegistration(dps, id, files).device().connect();
  };
  CHECK(connect("r2", own.issue("r2")) == 5);  // The name matches, the thumbprint does not.
  CHECK(connect("r2", dps.certificate_files("r1")) == 5);
  CHECK(connect("r3", misnamed) == 5);  // The thumbprint matches, the name does not.
  CHECK(connect("r4", own.issue("r4")) == 5);
  CHECK(connect("k1", own.issue("k1")) == 5);  // It has a key.
  CHECK(RawRegistration(dps, "r1", std::string()).device().connect() == 5);
  CHECK(RawRegistration(dps, "r1", dps.key("k1")).device().connect() == 5);
  CHECK(dps.count("refused") == 7);
  CHECK_FALSE(connect("r2", strangers.issue("r2")));  // Refused in TLS.
}

TEST_CASE("DPS: a device of a group shows a certificate that the group's authority signed") {
  const DeviceAuthority own;
  const DeviceAuthority others("Other CA");
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--x509-group", "fleet=" + own.file(), "--x509-group",
                          "others=" + others.file(), "--enrollment", "k1"});
  const CertificateFiles member = own.issue("g1");
  RawRegistration registration(dps, "g1", member);
  REQUIRE(registration.start());
  CHECK(has(registration.finish(), "\"deviceId\":\"g1\""));
  CHECK(connect_to(hub, "g1", member) == 0);
  CHECK(connect_to(hub, "g1", others.issue("g1")) == 5);
  CHECK(connect_to(hub, "g2", own.issue("g2")) == 5);  // It has not registered.
  CHECK(RawRegistration(dps, "g2", member).device().connect() == 5);
  CHECK(RawRegistration(dps, "k1", own.issue("k1")).device().connect() == 5);

  dps.enroll("others", R"({"outcome": "disabled"})");
  RawRegistration other(dps, "g3", others.issue("g3"));
  REQUIRE(other.start());
  CHECK(has(other.finish(), "\"disabled\""));
}

TEST_CASE(
    "DPS: a certificate that is enrolled later is known at once, and takes the earlier's place") {
  const DeviceAuthority own;
  const DeviceAuthority later("Later CA");
  const CertificateFiles first = own.issue("r1");
  const CertificateFiles second = later.issue("r1");
  SimulatorProcess hub({.devices = {"other"}});
  DpsProcess dps({&hub}, {"--enrollment", "r1"});
  const auto enroll = [&](const std::string& name, const CertificateFiles& files, bool group) {
    simulator::JsonObject members;
    members.add("certificate", *simulator::read_file(files.certificate)).add("group", group);
    dps.enroll(name, members.text());
  };
  const auto registers = [&](const std::string& id, const CertificateFiles& files) {
    RawRegistration registration(dps, id, files);
    return registration.start() && has(registration.finish(), "\"assigned\"");
  };
  CHECK_FALSE(registers("r1", first));
  enroll("r1", first, false);
  CHECK(registers("r1", first));
  CHECK(connect_to(hub, "r1", first) == 0);
  CHECK(RawRegistration(dps, "r1", dps.key("r1")).device().connect() == 5);
  enroll("r1", second, false);
  CHECK(RawRegistration(dps, "r1", first).device().connect() == 5);
  CHECK(registers("r1", second));
  CHECK(connect_to(hub, "r1", second) == 0);
  CHECK(connect_to(hub, "r1", first) == 5);
  enroll("fleet", {own.file(), {}}, true);
  CHECK(registers("g1", own.issue("g1")));
  dps.process().restart_broker();
  CHECK(registers("r1", second));
  CHECK(registers("g1", own.issue("g1")));
  CHECK_THROWS(dps.enroll("r2", R"({"certificate": "none"})"));
  CHECK_THROWS(dps.enroll("r1", R"({"certificate": "none", "key": "a2V5"})"));
}

TEST_CASE("iothub-sim: a folder that is kept holds enrollments, but not their credentials") {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{
      "--dir", (folder.path() / "dps").string(), "--enrollment", "r1", "--x509-enrollment", "r2"};
  SimulatorProcess hub({.devices = {"other"}});
  {
    const DpsProcess dps({&hub}, arguments);
    dps.enroll("r1", R"({"outcome": "disabled"})");
    dps.enroll("r2", R"({"assigning": 1})");
    dps.enroll("r3", R"({"key": "a2V5"})");
  }
  const DpsProcess dps({&hub}, arguments);  // With another key and another certificate.
  const auto outcome = [&](RawRegistration registration) {
    return registration.start() ? registration.finish() : "refused";
  };
  CHECK(has(outcome({dps, "r1", dps.key("r1")}), "\"disabled\""));
  CHECK(has(outcome({dps, "r2", dps.certificate_files("r2")}), "\"assigned\""));
  CHECK(has(outcome({dps, "r3", std::string("a2V5")}), "\"assigned\""));
}

TEST_CASE("DPS: trusts no more than 64 certificates of one holder") {
  const DeviceAuthority own;
  SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--enrollment", "other"});
  const auto enroll = [&](const std::string& pem) {
    simulator::JsonObject settings;
    settings.add("certificate", pem);
    dps.enroll("r1", settings.text());
  };
  const std::string first =
      own.ca().issue({.alternative_names = {}, .common_name = "r1"}).certificate;
  enroll(first);
  for (int i = 1; i < 64; ++i) {
    enroll(own.ca().issue({.alternative_names = {}, .common_name = "r1"}).certificate);
  }
  enroll(first);  // It exists already.
  const auto next = own.ca().issue({.alternative_names = {}, .common_name = "r1"});
  CHECK_THROWS_WITH(enroll(next.certificate),
                    doctest::Contains("no more than 64 certificates of one holder are trusted"));
  enroll(own.ca().issue({.alternative_names = {}, .common_name = "r2"}).certificate);
}

TEST_CASE("iothub-sim: says what is wrong with an enrollment's certificate before it starts") {
  SimulatorProcess hub({.devices = {"other"}});
  const auto starts = [&](const std::string& option, const std::string& value) {
    DpsProcess({&hub}, {option, value});
  };
  CHECK_THROWS(starts("--x509-enrollment", "r1=/nowhere/r1.pem"));
  CHECK_THROWS(starts("--x509-group", "fleet=/nowhere/ca.pem"));
  CHECK_THROWS(starts("--x509-group", "fleet"));
  CHECK_THROWS(starts("--x509-enrollment", ""));
}
