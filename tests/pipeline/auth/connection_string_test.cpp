#include "pipeline/auth/connection_string.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

// The text of the exception; "accepted" if there is none.
std::string refusal(std::string_view text) {
  try {
    ConnectionString parsed(text);
    return "accepted";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("ConnectionString: parts are told by name, and one not given is empty") {
  const ConnectionString parts(
      "HostName=hub;DeviceId=dev1;SharedAccessKey=a2V5==;GatewayHostName=gateway;ModuleId=");
  CHECK(parts.host_name() == "hub");
  CHECK(parts.device_id() == "dev1");
  CHECK(parts.shared_access_key() == "a2V5==");
  CHECK(parts.gateway_host_name() == "gateway");
  CHECK(parts.get("ModuleId") == "");
  CHECK(parts.x509().empty());
  CHECK_FALSE(parts.get("x509"));
  CHECK_FALSE(parts.get("Unknown"));
}

TEST_CASE("ConnectionString: a refusal names the part and the rule") {
  const std::string start = "Invalid Connection String - ";
  CHECK(refusal("") ==
        start + "it is empty; give that of a device or module, as the Azure portal shows it");
  CHECK(refusal(";") == start + "Unable to parse: part 1 must be name=value, but is empty");
  CHECK(refusal("HostName=h;DeviceId") == start + "Unable to parse: part 2 must be name=value");
  CHECK(refusal("HostName=h;DeviceId=d;DeviceId=e") ==
        start + "Unable to parse: DeviceId is given twice");
  CHECK(refusal("DeviceId=d;SharedAccessKey=k") ==
        start + "Incomplete: HostName is missing or empty");
  CHECK(refusal("HostName=h;SharedAccessKey=k") ==
        start + "Incomplete: DeviceId is missing or empty");
  CHECK(refusal("HostName=h;DeviceId=d") ==
        start + "Incomplete: SharedAccessKey is missing or empty");
  CHECK(refusal("HostName=h;DeviceId=d;SharedAccessKey=k;x509=true") ==
        start + "Mixed authentication scheme: give either SharedAccessKey or x509");
  CHECK(refusal("HostName=h;DeviceID=d;SharedAccessKey=k") ==
        start + "Invalid Key: part 2 has a name that is none of HostName, SharedAccessKeyName, " +
            "SharedAccessKey, SharedAccessSignature, DeviceId, ModuleId, GatewayHostName, x509");
}

TEST_CASE("ConnectionString: a key never shows in a refusal, however the text is mangled") {
  for (const char* text :
       {"HostName=h;SharedAccessKey=aHVudGVyMg==", "HostName=h;DeviceId=d;aHVudGVyMg==",
        "HostName=h;DeviceId=d;SharedAccessKey;aHVudGVyMg==", "aHVudGVyMg==", "aHVudGVyMg",
        "HostName=h;DeviceId=d;SharedAccessKey=aHVudGVyMg==;SharedAccessKey=aHVudGVyMg==",
        "HostName=h;DeviceId=d;SharedAccessKey=aHVudGVyMg==;x509=aHVudGVyMg=="}) {
    CAPTURE(text);
    CHECK(refusal(text) != "accepted");
    CHECK(refusal(text).find("aHVudGVyMg") == std::string::npos);
  }
}

TEST_CASE("ConnectionString: each part is told under its own name, and may be given once") {
  const ConnectionString parts(
      "HostName=1;SharedAccessKeyName=2;SharedAccessKey=3;SharedAccessSignature=4;DeviceId=5;"
      "ModuleId=6;GatewayHostName=7");
  CHECK(parts.host_name() == "1");
  CHECK(parts.shared_access_key_name() == "2");
  CHECK(parts.shared_access_key() == "3");
  CHECK(parts.shared_access_signature() == "4");
  CHECK(parts.device_id() == "5");
  CHECK(parts.module_id() == "6");
  CHECK(parts.gateway_host_name() == "7");
  const ConnectionString with_certificate("HostName=h;DeviceId=d;x509=true");
  CHECK(with_certificate.x509() == "true");
  for (const std::string_view name : ConnectionString::kNames) {
    const std::string part = std::string(name) + "=v";
    CHECK(refusal(part + ";" + part) ==
          "Invalid Connection String - Unable to parse: " + std::string(name) + " is given twice");
  }
}

TEST_CASE("ConnectionString: what is given has to be enough for one way to authenticate") {
  CHECK(refusal("HostName=h;SharedAccessKeyName=policy;SharedAccessKey=k") == "accepted");
  CHECK(refusal("HostName=h;DeviceId=d;x509=true") == "accepted");
  CHECK(refusal("HostName=h;DeviceId=d;SharedAccessKey=k;x509=") == "accepted");
  const std::string start = "Invalid Connection String - Incomplete: ";
  CHECK(refusal("HostName=;DeviceId=d;SharedAccessKey=k") ==
        start + "HostName is missing or empty");
  CHECK(refusal("HostName=h;DeviceId=;SharedAccessKey=k") ==
        start + "DeviceId is missing or empty");
  CHECK(refusal("HostName=h;DeviceId=d;SharedAccessKey=") ==
        start + "SharedAccessKey is missing or empty");
  CHECK(refusal("HostName=h;SharedAccessKeyName=policy;x509=true") ==
        start + "SharedAccessKey is missing or empty");
  CHECK(refusal("HostName=h;DeviceId=d;SharedAccessKey=k;") ==
        "Invalid Connection String - Unable to parse: part 4 must be name=value, but is empty");
  // The first of several unknown names.
  CHECK(refusal("HostName=h;Host=x;Device=y").find("part 2 has a name") != std::string::npos);
}

}  // namespace azure::iot::device
