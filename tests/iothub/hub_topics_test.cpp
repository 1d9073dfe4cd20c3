// Topics of the hub: how each is created, recognized and parsed.
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "iothub/mqtt_topic_iothub.hpp"
#include "iothub/sas_uri.hpp"
#include "iothub/user_agent.hpp"

namespace azure::iot::device {
namespace {

using namespace mqtt_topic_iothub;

template <class T>
void check_unreadable(const Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Errc::bad_content);
  CHECK(result.error().detail().starts_with("topic has incorrect format: $iothub/"));
}

TEST_CASE("Hub topics: what is subscribed to") {
  CHECK(get_c2d_topic_for_subscribe("d") == "devices/d/messages/devicebound/#");
  CHECK(get_input_topic_for_subscribe("d", "m") == "devices/d/modules/m/inputs/#");
  CHECK(get_method_topic_for_subscribe() == "$iothub/methods/POST/#");
  CHECK(get_twin_response_topic_for_subscribe() == "$iothub/twin/res/#");
  CHECK(get_twin_patch_topic_for_subscribe() == "$iothub/twin/PATCH/properties/desired/#");
}

TEST_CASE("Hub topics: what is published to, with ids in percent-encoding") {
  CHECK(get_telemetry_topic_for_publish("d", "") == "devices/d/messages/events/");
  CHECK(get_telemetry_topic_for_publish("d", "m") == "devices/d/modules/m/messages/events/");
  CHECK(get_method_topic_for_publish("a b", 200) == "$iothub/methods/res/200/?$rid=a%20b");
  CHECK(get_method_topic_for_publish("1", -1) == "$iothub/methods/res/-1/?$rid=1");
  CHECK(get_twin_topic_for_publish("GET", "/", "a b") == "$iothub/twin/GET/?$rid=a%20b");
  CHECK(get_twin_topic_for_publish("PATCH", "/properties/reported/", "1") ==
        "$iothub/twin/PATCH/properties/reported/?$rid=1");
}

TEST_CASE("Hub topics: a cloud-to-device topic is that of this device, wherever it stands") {
  CHECK(is_c2d_topic("devices/d/messages/devicebound", "d"));
  CHECK(is_c2d_topic("devices/d/messages/devicebound/a=1", "d"));
  CHECK(is_c2d_topic("x/devices/d/messages/devicebound/", "d"));
  CHECK(is_c2d_topic("devices/devices/d/messages/devicebound/", "d"));
  CHECK(is_c2d_topic("devices/x/devices/y/devices/d/messages/devicebound/", "d"));
  CHECK_FALSE(is_c2d_topic("devices/e/messages/devicebound/", "d"));
  CHECK_FALSE(is_c2d_topic("devices/d/x/messages/devicebound/", "d"));
  CHECK_FALSE(is_c2d_topic("devices/d/messages/devicebou", "d"));
  CHECK_FALSE(is_c2d_topic("devices/", "d"));
  CHECK_FALSE(is_c2d_topic("", "d"));
}

TEST_CASE("Hub topics: an input's topic is that of this module, and a device has none") {
  CHECK(is_input_topic("devices/d/modules/m/inputs/", "d", "m"));
  CHECK(is_input_topic("devices/d/modules/m/inputs/in/a=1", "d", "m"));
  CHECK_FALSE(is_input_topic("devices/d/modules/m/inputs", "d", "m"));
  CHECK_FALSE(is_input_topic("devices/e/modules/m/inputs/in", "d", "m"));
  CHECK_FALSE(is_input_topic("devices/d/modules/n/inputs/in", "d", "m"));
  CHECK_FALSE(is_input_topic("devices/d/modules//inputs/in", "d", ""));
  CHECK_FALSE(is_input_topic("devices//modules/m/inputs/in", "", "m"));
}

TEST_CASE("Hub topics: methods are found anywhere, twin topics at the beginning only") {
  CHECK(is_method_topic("$iothub/methods/POST/m/?$rid=1"));
  CHECK(is_method_topic("x/$iothub/methods/POST"));
  CHECK_FALSE(is_method_topic("$iothub/methods/PUT/m/?$rid=1"));
  CHECK(is_twin_response_topic("$iothub/twin/res/200/?$rid=1"));
  CHECK_FALSE(is_twin_response_topic("x$iothub/twin/res/200/?$rid=1"));
  CHECK_FALSE(is_twin_response_topic("$iothub/twin/res"));
  CHECK(is_twin_desired_property_patch_topic("$iothub/twin/PATCH/properties/desired"));
  CHECK_FALSE(is_twin_desired_property_patch_topic("x$iothub/twin/PATCH/properties/desired"));
  CHECK_FALSE(is_twin_desired_property_patch_topic("$iothub/twin/PATCH/properties/reported/"));
}

TEST_CASE("Hub topics: of several kinds that fit the first counts") {
  CHECK(classify_topic("devices/d/messages/devicebound/devices/d/modules/m/inputs/", "d", "m") ==
        HubTopic::c2d);
  CHECK(classify_topic("devices/d/modules/m/inputs/$iothub/methods/POST", "d", "m") ==
        HubTopic::input);
  CHECK(classify_topic("$iothub/twin/res/$iothub/methods/POST", "d", "m") == HubTopic::methods);
}

TEST_CASE("Hub topics: the name of an input, decoded") {
  CHECK(*get_input_name_from_topic("devices/d/modules/m/inputs/a%20b/x=1") == "a b");
  CHECK(*get_input_name_from_topic("devices/d/modules/m/inputs/") == "");
  for (const std::string_view topic :
       {"devices/d/modules/m/inputs", "devices/d/modules/m/outputs/a", "devices/d/inputs/a", ""}) {
    CAPTURE(topic);
    const auto name = get_input_name_from_topic(topic);
    REQUIRE_FALSE(name);
    CHECK(name.error().detail() ==
          "topic has incorrect format: devices/{device id}/modules/{module id}/inputs/{name} was "
          "expected");
  }
}

TEST_CASE("Hub topics: the name and the request id of a method, decoded") {
  CHECK(*get_method_name_from_topic("$iothub/methods/POST/a%20b/?$rid=1") == "a b");
  CHECK(*get_method_name_from_topic("$iothub/methods/POST/") == "");
  check_unreadable(get_method_name_from_topic("$iothub/methods/POST"));
  check_unreadable(get_method_name_from_topic("a/b/c/d"));
  CHECK(*get_method_request_id_from_topic("$iothub/methods/POST/m/?$rid=a%20b") == "a b");
  check_unreadable(get_method_request_id_from_topic("$iothub/methods/POST?$rid=1"));
  check_unreadable(get_method_request_id_from_topic("a/b/c/d/?$rid=1"));
  check_unreadable(get_method_request_id_from_topic("$iothub/methods/POST/m/"));
}

TEST_CASE("Hub topics: the request id among other properties") {
  const auto id = [](std::string_view bag) {
    return get_twin_request_id_from_topic("$iothub/twin/res/200/" + std::string(bag));
  };
  CHECK(*id("?$rid=1&$version=4") == "1");
  CHECK(*id("?$version=4&$rid=1") == "1");
  CHECK(*id("?rid=1") == "1");
  CHECK(*id("?$$rid=1") == "1");
  CHECK(*id("?$rid=1&$rid=2") == "2");
  CHECK(*id("?$rid=") == "");
  CHECK(*id("?$rid=1?$rid=2") == "1");  // Up to a second question mark.
  for (const std::string_view bag :
       {"", "?", "?$rid", "?$rid=1&x", "?x&$rid=1", "?$ridx=1", "?x$rid=1", "?$version=4"}) {
    CAPTURE(bag);
    check_unreadable(id(bag));
  }
  check_unreadable(get_twin_request_id_from_topic("$iothub/twin/PATCH/?$rid=1"));
}

TEST_CASE("Hub topics: the status of a twin's response is the text in its place") {
  CHECK(*get_twin_status_code_from_topic("$iothub/twin/res/200/?$rid=1") == "200");
  CHECK(*get_twin_status_code_from_topic("$iothub/twin/res/2%300/?$rid=1") == "200");
  CHECK(*get_twin_status_code_from_topic("$iothub/twin/res/") == "");
  check_unreadable(get_twin_status_code_from_topic("$iothub/twin/PATCH/200/?$rid=1"));
}

TEST_CASE("HubSasUri: each part is checked, and named") {
  const auto refusal = [](std::string_view uri) { return split_sas_uri(uri).error().detail(); };
  const std::string form =
      "Invalid SAS URI: {hub}/devices/{device id}[/modules/{module id}] was expected";
  for (const std::string_view uri :
       {"", "h", "h/devices", "h/devices/d/modules", "h/devices/d/modules/m/x", "h/devices/d/"}) {
    CAPTURE(uri);
    CHECK(refusal(uri) == form);
  }
  CHECK(refusal("h/device/d") == "Cannot extract device id from SAS URI");
  CHECK(refusal("h/device/d/modules/m") == "Cannot extract device id from SAS URI");
  CHECK(refusal("h/devices/d/module/m") == "Cannot extract module id from SAS URI");
  CHECK(*split_sas_uri("/devices/") == HubSasUri{"", "", ""});
  CHECK(*split_sas_uri("h/devices/d/modules/") == HubSasUri{"h", "d", ""});
}

TEST_CASE("UserAgent: only what begins with dtmi names a model") {
  const auto has_model = [](std::string_view product_info) {
    const std::string name = get_hub_username("h", "d", "a", product_info);
    CHECK((name.find("model-id=") != std::string::npos) ==
          (name.find("api-version=2020-09-30") != std::string::npos));
    return name.find("model-id=") != std::string::npos;
  };
  CHECK(has_model("dtmi"));
  CHECK(has_model("dtmi:com:example;1"));
  CHECK_FALSE(has_model(""));
  CHECK_FALSE(has_model("dtm"));
  CHECK_FALSE(has_model(" dtmi:com:example;1"));
  CHECK_FALSE(has_model("DTMI:com:example;1"));
}

}  // namespace
}  // namespace azure::iot::device
