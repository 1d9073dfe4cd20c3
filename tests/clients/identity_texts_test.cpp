#define AZURE_IOT_DEVICE_PULL_CALLS
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "clients/managed_device.hpp"
#include "clients/provisioned_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "pipeline/auth/symmetric_key.hpp"
#include "pipeline/text/url.hpp"
#include "testkit/test_client.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {

constexpr std::string_view kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";

X509 own_certificate() {
  static const ServerCertificate made = make_server_certificate({.common_name = "device-1"});
  return x509_of(made);
}

// One text of one factory: its name in errors, and a function that creates a client with it.
struct Place {
  std::string argument;
  std::function<void(const std::string&)> make;
};

std::string token_for(const std::string& resource) {
  return "SharedAccessSignature sr=" + url::quote(resource) + "&sig=x&se=4102444800";
}

const std::vector<Place>& device_ids() {
  static const std::vector<Place> places{
      {"connection string: DeviceId",
       [](const std::string& id) {
         IoTHubDeviceClient::create_from_connection_string("HostName=h;DeviceId=" + id +
                                                           ";SharedAccessKey=YQ==");
       }},
      {"connection string: ModuleId",
       [](const std::string& id) {
         IoTHubModuleClient::create_from_connection_string("HostName=h;DeviceId=d;ModuleId=" + id +
                                                           ";SharedAccessKey=YQ==");
       }},
      {"device_id",
       [](const std::string& id) { IoTHubDeviceClient::create_from_symmetric_key(kKey, "h", id); }},
      {"device_id",
       [](const std::string& id) {
         IoTHubDeviceClient::create_from_x509_certificate(own_certificate(), "h", id);
       }},
      {"module_id",
       [](const std::string& id) {
         IoTHubModuleClient::create_from_x509_certificate(own_certificate(), "h", "d", id);
       }},
      {"sastoken: the device id in it",
       [](const std::string& id) {
         IoTHubDeviceClient::create_from_sastoken(token_for("h/devices/" + id));
       }},
      {"sastoken: the module id in it",
       [](const std::string& id) {
         IoTHubModuleClient::create_from_sastoken(token_for("h/devices/d/modules/" + id));
       }},
      {"result: device_id", [](const std::string& id) {
         RegistrationResult result;
         result.registration_state.emplace();
         result.registration_state->assigned_hub = "h";
         result.registration_state->device_id = id;
         create_device_client(result, kKey);
       }}};
  return places;
}

const std::vector<Place>& registration_ids() {
  static const std::vector<Place> places{
      {"registration_id",
       [](const std::string& id) {
         ProvisioningDeviceClient::create_from_symmetric_key("dps", id, "scope", kKey);
       }},
      {"registration_id",
       [](const std::string& id) {
         ProvisioningDeviceClient::create_from_x509_certificate("dps", id, "scope",
                                                                own_certificate());
       }},
      {"registration_id",
       [](const std::string& id) {
         ManagedDevice::create_from_symmetric_key("dps", id, "scope", kKey);
       }},
      {"registration_id", [](const std::string& id) {
         ManagedDevice::create_from_x509_certificate("dps", id, "scope", own_certificate());
       }}};
  return places;
}

const std::vector<Place>& host_names() {
  static const std::vector<Place> places{
      {"connection string: HostName",
       [](const std::string& host) {
         IoTHubDeviceClient::create_from_connection_string(
             "DeviceId=d;SharedAccessKey=YQ==;HostName=" + host);
       }},
      {"connection string: GatewayHostName",
       [](const std::string& host) {
         IoTHubModuleClient::create_from_connection_string(
             "HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=YQ==;GatewayHostName=" + host);
       }},
      {"hostname",
       [](const std::string& host) {
         IoTHubDeviceClient::create_from_symmetric_key(kKey, host, "d");
       }},
      {"hostname",
       [](const std::string& host) {
         IoTHubDeviceClient::create_from_x509_certificate(own_certificate(), host, "d");
       }},
      {"gateway_hostname",
       [](const std::string& host) {
         IoTHubDeviceClient::create_from_symmetric_key(kKey, "h", "d", {.gateway_hostname = host});
       }},
      {"gateway_hostname",
       [](const std::string& host) {
         IoTHubDeviceClient::create_from_sastoken(token_for("h/devices/d"),
                                                  {.gateway_hostname = host});
       }},
      {"provisioning_host",
       [](const std::string& host) {
         ProvisioningDeviceClient::create_from_symmetric_key(host, "reg1", "scope", kKey);
       }},
      {"provisioning_host",
       [](const std::string& host) {
         ProvisioningDeviceClient::create_from_x509_certificate(host, "reg1", "scope",
                                                                own_certificate());
       }},
      {"gateway_hostname",
       [](const std::string& host) {
         ProvisioningDeviceClient::create_from_symmetric_key("dps", "reg1", "scope", kKey,
                                                             {.gateway_hostname = host});
       }},
      {"provisioning_host",
       [](const std::string& host) {
         ManagedDevice::create_from_symmetric_key(host, "reg1", "scope", kKey);
       }},
      {"provisioning.gateway_hostname",
       [](const std::string& host) {
         ManagedDevice::create_from_symmetric_key("dps", "reg1", "scope", kKey,
                                                  {.provisioning = {.gateway_hostname = host}});
       }},
      {"hub.gateway_hostname",
       [](const std::string& host) {
         ManagedDevice::create_from_x509_certificate("dps", "reg1", "scope", own_certificate(),
                                                     {.hub = {.gateway_hostname = host}});
       }},
      {"result: assigned_hub", [](const std::string& host) {
         RegistrationResult result;
         result.registration_state.emplace();
         result.registration_state->assigned_hub = host;
         result.registration_state->device_id = "d";
         create_device_client(result, kKey);
       }}};
  return places;
}

// Checks that each place rejects the text with a rule that begins like this, and that the error
// shows the text like that.
void check_refused(const std::vector<Place>& places, const std::string& text, std::string_view rule,
                   std::string_view shown) {
  for (const Place& place : places) {
    CAPTURE(place.argument);
    CAPTURE(text);
    const std::string told = refusal_of([&] { place.make(text); });
    CHECK(told.starts_with(place.argument + ": " + std::string(rule)));
    CHECK(told.find("; got " + std::string(shown)) != std::string::npos);
    CHECK(told.size() < 500);
  }
}

void check_taken(const std::vector<Place>& places, const std::string& text) {
  for (const Place& place : places) {
    CAPTURE(place.argument);
    CAPTURE(text);
    CHECK(refusal_of([&] { place.make(text); }) == "");
  }
}

TEST_CASE("Client: an id that MQTT cannot carry is refused by each factory, naming the rule") {
  for (const auto* places : {&device_ids(), &registration_ids()}) {
    check_refused(*places, "a\nb", "must not contain control characters", R"(a\nb)");
    check_refused(*places, "a\r", "must not contain control characters", R"(a\r)");
    check_refused(*places, "a\x7f", "must not contain control characters", R"(a\x7f)");
    check_refused(*places, "a\u0085", "must not contain control characters", R"(a\u0085)");
    check_refused(*places, std::string("a\0b", 3), "must not contain control characters",
                  R"(a\x00b)");
    check_refused(*places, "a\uffff", "must not contain code points that are not characters", "a");
    check_refused(*places, std::string(129, 'x'),
                  "must be at most 128 characters long, and has 129", std::string(129, 'x'));
    check_taken(*places, std::string(128, 'x'));
    check_taken(*places, "dév-ü_日本 (1)!*'$@:,.");
  }
}

TEST_CASE("Client: an id that is far too long is refused without being shown in full") {
  std::vector<Place> places = registration_ids();
  for (const Place& place : device_ids()) {
    if (!place.argument.starts_with("sastoken")) places.push_back(place);  // Too long itself.
  }
  check_refused(places, std::string(70'000, 'x'), "must be at most 65535 bytes long",
                std::string(200, 'x') + "...");
}

TEST_CASE("Client: an id with a wildcard of MQTT is refused where it stands in topics") {
  for (const char* text : {"a+b", "a#", "#"}) {
    check_refused(device_ids(), text, "must not contain + or #", text);
  }
  check_taken(registration_ids(), "a+b#");
}

TEST_CASE("Client: a text that is not UTF-8 is refused, and shown with escapes") {
  std::vector<Place> places = registration_ids();
  for (const Place& place : device_ids()) {
    // Percent-encoded bytes of a token become U+FFFD.
    if (!place.argument.starts_with("sastoken")) places.push_back(place);
  }
  check_refused(places, "a\xff", "must be valid UTF-8", R"(a\xff)");
  check_refused(places, "a\xed\xa0\x80", "must be valid UTF-8", R"(a\xed\xa0\x80)");
  check_refused(host_names(), "a\xff", "must be valid UTF-8", R"(a\xff)");
}

TEST_CASE("Client: a host name is a name alone, and the refusal says what is too much") {
  const auto refused = [](const std::string& host, const std::string& advice) {
    check_refused(host_names(), host, "must be the name of a host alone, " + advice, host);
  };
  refused("https://hub.example", "without a scheme");
  refused("hub.example:8883", "without a port");
  refused("hub.example/path", "without a path");
  refused(" hub.example", "without blanks");
  refused("hub.example ", "without blanks");
  refused("me@hub.example", "without a user");
  refused("[::1]", "without brackets");
  refused("hub,example", "of letters, digits");
  refused("hub..example", "with 1 to 63 bytes between the dots");
  refused(std::string(64, 'x') + ".example", "with 1 to 63 bytes between the dots");
  check_refused(host_names(), "hub.example\n", "must not contain control characters",
                R"(hub.example\n)");
  check_refused(host_names(), "https://me:secret@hub", "must be the name of a host alone",
                "...@hub");
  for (const char* host : {"hub1.azure-devices.net", "gateway_1.local", "127.0.0.1", "::1",
                           "fe80::1%eth0", "hub.", "bücher.example"}) {
    check_taken(host_names(), host);
  }
  std::string longest = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' +
                        std::string(63, 'c') + '.' + std::string(61, 'd');
  check_taken(host_names(), longest);
  check_refused(host_names(), longest + ".dd", "must be the name of a host alone, of at most 253",
                longest.substr(0, 200) + "...");
}

TEST_CASE("Client: a secret in the wrong argument is refused without being shown") {
  const std::string connection_string = "HostName=h;DeviceId=d;SharedAccessKey=aHVudGVyMg==";
  const std::string key = "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMmh1bnQ=";
  for (const std::string& secret : {connection_string, key, token_for("h/devices/d")}) {
    for (const std::string& told :
         {refusal_of([&] { IoTHubDeviceClient::create_from_symmetric_key(kKey, secret, "d"); }),
          refusal_of(
              [&] { IoTHubDeviceClient::create_from_symmetric_key(kKey, "h", secret + "\n"); })}) {
      CAPTURE(told);
      CHECK(told.find("a text that may be a secret") != std::string::npos);
      CHECK(told.find("aHVud") == std::string::npos);
    }
  }
}

TEST_CASE("Client: a product info is refused if no user name can hold it") {
  const auto refused = [](std::string info) {
    return refusal_of([&] {
      IoTHubDeviceClient::create_from_symmetric_key(kKey, "h", "d", {.product_info = info});
    });
  };
  CHECK(refused("a\nb").starts_with("product_info: must not contain control characters"));
  CHECK(refused("a\xff").starts_with("product_info: must be valid UTF-8"));
  CHECK(refused(std::string(64'001, 'x')).starts_with("product_info: must be at most 64000 bytes"));
  CHECK(refused(std::string(21'334, ' ')).starts_with("product_info: must be at most 64000 bytes"));
  CHECK(refused(std::string(64'000, 'x')) == "");
  CHECK(refused("dtmi:com:example:T;1") == "");
  CHECK(refusal_of([] {
          ManagedDevice::create_from_symmetric_key("dps", "reg1", "scope", kKey,
                                                   {.hub = {.product_info = "a\nb"}});
        }).starts_with("hub.product_info: must not contain control characters"));
}

TEST_CASE("Client: a product info of the greatest length still connects") {
  TestClient test({.product_info = std::string(64'000, 'x')});
  test.device_client().connect();
  CHECK(test.transport.config().username.size() <= 65'535);
}

TEST_CASE("Client: an id scope and a token are texts that MQTT can carry") {
  const auto scope = [](const std::string& id_scope) {
    return refusal_of([&] {
      ProvisioningDeviceClient::create_from_symmetric_key("dps", "reg1", id_scope, kKey);
    });
  };
  CHECK(scope("0ne\n").starts_with("id_scope: must not contain control characters"));
  CHECK(scope("0ne\xff").starts_with("id_scope: must be valid UTF-8"));
  CHECK(scope(std::string(64'001, 'x')).starts_with("id_scope: must be at most 64000 bytes"));
  CHECK(scope("0ne space ü") == "");
  const auto token = [](const std::string& text) {
    return refusal_of([&] { IoTHubDeviceClient::create_from_sastoken(text); });
  };
  CHECK(token(token_for("h/devices/d") + "\n") ==
        "sastoken: must not contain control characters, such as a line break");
  CHECK(token(token_for("h/devices/d") + "&skn=\xff") == "sastoken: must be valid UTF-8");
  CHECK(token(token_for("h/devices/d") + "&skn=" + std::string(70'000, 'x'))
            .starts_with("sastoken: must be at most 65535 bytes long"));
}

TEST_CASE("Client: a proxy's texts have no control characters, and its password is never shown") {
  const auto refused = [](ProxyOptions proxy) {
    proxy.port = 3128;
    return refusal_of([&] {
      IoTHubDeviceClient::create_from_symmetric_key(kKey, "h", "d", {.proxy_options = proxy});
    });
  };
  CHECK(refused({.address = "proxy\x1b"}) ==
        "proxy_options: address must not contain control characters, such as a line break; got "
        "proxy\\x1b");
  CHECK(refused({.address = std::string(256, 'x')})
            .starts_with("proxy_options: address must be at most 255 bytes long"));
  const std::string secret =
      refused({.address = "proxy", .username = "me", .password = "pass\nword"});
  CHECK(secret ==
        "proxy_options: username and password must not contain control characters, such as a line "
        "break");
}

TEST_CASE("Client: the name of an output, an input or a method is checked at the call") {
  TestClient test({}, kTestModuleConnectionString);
  auto client = test.module_client();
  const auto check = [](std::string_view argument, const std::function<void(std::string)>& call) {
    CHECK(refusal_of([&] { call("a\nb"); }) ==
          std::string(argument) +
              ": must not contain control characters, such as a line break; got a\\nb");
    CHECK(refusal_of([&] {
            call("a\xff");
          }).starts_with(std::string(argument) + ": must be valid UTF-8"));
    CHECK(refusal_of([&] {
            call(std::string(70'000, 'x'));
          }).starts_with(std::string(argument) + ": must be at most 65535 bytes long"));
  };
  check("output_name",
        [&](std::string name) { client.send_message_to_output(Message{.data = "x"}, name); });
  check("input_name", [&](std::string name) { client.receive_message_on_input(name, false); });
  check("method_name", [&](std::string name) { client.receive_method_request(name, false); });
  CHECK(test.transport.dials() == 0);
}

}  // namespace
}  // namespace azure::iot::device::test
