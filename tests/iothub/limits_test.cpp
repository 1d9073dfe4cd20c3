#include "iothub/limits.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "iothub/models/message.hpp"
#include "iothub/models/method_response.hpp"
#include "iothub/mqtt_topic_iothub.hpp"
#include "pipeline/json/json.hpp"
#include "pipeline/mqtt_limits.hpp"

namespace azure::iot::device {
namespace {
using namespace iothub_limits;

std::string text(std::size_t size) { return std::string(size, 'x'); }

// "" if the patch is accepted.
std::string refusal(const Json& patch) { return check_reported_patch(patch).detail(); }

// An object with this many nested objects.
Json nested(int objects) {
  Json value{{"a", 1}};
  for (int i = 0; i < objects; ++i) value = Json{{"a", std::move(value)}};
  return value;
}

Json in_arrays(int arrays, Json value) {
  for (int i = 0; i < arrays; ++i) {
    Json outer;
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  return value;
}

// Members of this total size.
Json patch_of_size(std::size_t size) {
  Json patch = Json::object();
  for (int i = 10; size > 0; ++i) {
    const std::size_t value = std::min<std::size_t>(size - 2, 4000);
    patch.set(std::to_string(i), text(value));
    size -= value + 2;
  }
  return patch;
}

TEST_CASE(
    "Limits: all texts of a message but the payload are UTF-8, and the one that is not is named") {
  const auto refusal_of = [](auto change) {
    Message message{.data = "\xff"};
    change(message);
    return check_message(message, 10).detail();
  };
  const auto named = [](const std::string& what) {
    return "message: " + what + " must be valid UTF-8; got \"a\\xff\"";
  };
  const std::string bad = "a\xff";
  CHECK(refusal_of([](Message&) {}) == "");
  CHECK(refusal_of([](Message& m) { m.message_id = "\u00e4\u20ac"; }) == "");
  for (const auto& [name, field] :
       std::initializer_list<std::pair<std::string, std::optional<std::string> Message::*>>{
           {"message_id", &Message::message_id},
           {"correlation_id", &Message::correlation_id},
           {"user_id", &Message::user_id},
           {"content_type", &Message::content_type},
           {"content_encoding", &Message::content_encoding},
           {"expiry_time_utc", &Message::expiry_time_utc},
           {"output_name", &Message::output_name},
           {"ack", &Message::ack},
           {"iothub_interface_id", &Message::iothub_interface_id}}) {
    CHECK(refusal_of([&, f = field](Message& m) { m.*f = bad; }) == named(name));
  }
  CHECK(refusal_of([&](Message& m) { m.custom_properties[bad]; }) ==
        named("the name of a custom property"));
  CHECK(refusal_of([&](Message& m) { m.custom_properties["room"] = bad; }) ==
        named("the custom property \"room\""));
}

TEST_CASE("Limits: payload and properties of a message together have 262,144 bytes at most") {
  Message message{.data = text(262'142), .custom_properties = {{"p", std::nullopt}}};
  CHECK_FALSE(check_message(message, 10));
  message.data += 'x';
  CHECK_FALSE(check_message(message, 10));
  message.data += 'x';
  const Error error = check_message(message, 10);
  CHECK(error.code() == Errc::bad_content);
  CHECK(error.detail() ==
        "message: payload and properties together must not exceed 262144 bytes; got 262145");
}

TEST_CASE("Limits: the topic of a message has 65,535 bytes at most, with properties encoded") {
  const std::size_t base = mqtt_topic_iothub::get_telemetry_topic_for_publish("dev1", "").size();
  // Each blank takes three bytes of the topic.
  Message message{.custom_properties = {{"p", std::string((65'535 - base - 2) / 3, ' ')}}};
  message.message_id.reset();
  const std::size_t left = 65'535 - base - mqtt_topic_iothub::get_encoded_properties_size(message);
  *message.custom_properties["p"] += text(left);
  CHECK_FALSE(check_message(message, base));
  *message.custom_properties["p"] += 'x';
  CHECK(check_message(message, base).detail() ==
        "message: the topic, which holds the encoded properties, must not exceed 65535 bytes; got "
        "65536");
}

TEST_CASE("Limits: the payload of a method response has 131,072 bytes at most, as JSON") {
  CHECK_FALSE(check_method_response({"1", 200, text(131'070)}));
  const Error error = check_method_response({"1", 200, text(131'071)});
  CHECK(error.code() == Errc::bad_content);
  CHECK(error.detail() == "response: the payload must not exceed 131072 bytes; got 131073");
}

TEST_CASE("Limits: so has the topic of a method response, for a request id that the peer chose") {
  const std::size_t base = mqtt_topic_iothub::get_method_topic_for_publish("", 200).size();
  CHECK_FALSE(check_method_response({text(65'535 - base), 200, {}}));
  CHECK(check_method_response({text(65'536 - base), 200, {}}).detail() ==
        "response: the topic, which holds the encoded request_id, must not exceed 65535 bytes; got "
        "65536");
}

TEST_CASE("Limits: a key of reported properties has 1,024 bytes of UTF-8 at most") {
  CHECK(refusal({{text(1024), 1}}).empty());
  CHECK(refusal({{text(1025), 1}})
            .starts_with("patch: a key must not exceed 1024 bytes; one has 1025; at \"xxx"));
  CHECK(refusal({{text(1022) + "\u00e9", 1}}).empty());
  CHECK_FALSE(refusal({{text(1023) + "\u00e9", 1}}).empty());
}

TEST_CASE("Limits: a key has no '.', '$', space or control character, at any depth") {
  for (const char* key :
       {".", "a.b", "$version", "a b", " ", "\x01", "a\x1f", "\u0080", "\u009f"}) {
    CAPTURE(key);
    CHECK(refusal({{key, 1}}).starts_with("patch: a key must not contain"));
    CHECK_FALSE(refusal({{key, nullptr}}).empty());
    CHECK_FALSE(refusal({{"a", {{key, 1}}}}).empty());
    CHECK_FALSE(refusal({{"a", Json::array({1, Json{{key, 1}}})}}).empty());
  }
  for (const char* key : {"", "a", "-_/#+", "\x7f", "\u00a0", "\u65e5\u672c", "\U0001f600"}) {
    CAPTURE(key);
    CHECK(refusal({{key, 1}}).empty());
  }
}

TEST_CASE("Limits: the refusal of a patch names the place, escaped and bounded") {
  CHECK(refusal({{"a", {{"b", Json::array({0, Json{{"c\n.", 1}}})}}}}) ==
        "patch: a key must not contain '.', '$', a space or a control character; at \"c\\n.\" in "
        "\"a/b/1\"");
  const std::string huge = text(1'000'000) + '.';
  CHECK(refusal({{huge, {{huge, 1}}}}).size() < 300);
  CHECK(refusal({{text(1000), {{text(1000), {{"a.b", 1}}}}}}).size() < 500);
}

TEST_CASE("Limits: a text of reported properties has 4,096 bytes of UTF-8 at most") {
  CHECK(refusal({{"a", text(4096)}}).empty());
  CHECK(refusal({{"a", text(4097)}}) ==
        "patch: a text must not exceed 4096 bytes; one has 4097; at "
        "\"a\"");
  CHECK(refusal({{"a", Json::array({text(4094) + "\u00e9"})}}).empty());
  CHECK(refusal({{"a", Json::array({1, text(4095) + "\u00e9"})}}).ends_with("at \"1\" in \"a\""));
}

TEST_CASE("Limits: an integer is within 4,503,599,627,370,496, a fraction may be any") {
  constexpr std::int64_t kMost = 4'503'599'627'370'496;
  for (const Json& passes : {Json(kMost), Json(-kMost), Json(0), Json(1e300), Json(-1e300)}) {
    CHECK(refusal({{"a", passes}}).empty());
  }
  for (const Json& refused :
       {Json(kMost + 1), Json(-kMost - 1), Json(INT64_MAX), Json(INT64_MIN), Json(UINT64_MAX),
        Json::parse_or_throw("123456789012345678901234567890")}) {
    CHECK(refusal({{"a", refused}}) ==
          "patch: an integer must be between -4503599627370496 and 4503599627370496; at \"a\"");
  }
}

TEST_CASE("Limits: objects of reported properties are nested ten deep at most") {
  CHECK(refusal(nested(10)).empty());
  CHECK(refusal(nested(11)).starts_with("patch: objects must not be nested more than 10 deep"));
  // An array is not an object.
  Json patch;
  CHECK(refusal(patch.set("a", in_arrays(100, nested(9)))).empty());
  CHECK(refusal(patch.set("a", in_arrays(255, {}))).empty());
  CHECK(refusal(patch.set("a", in_arrays(256, {})))
            .starts_with("patch: values must not be nested more than 256 deep"));
  CHECK_FALSE(refusal(patch.set("a", in_arrays(100'000, {}))).empty());
}

TEST_CASE("Limits: keys and values of reported properties count 32,768 at most") {
  CHECK(refusal(patch_of_size(32'768)).empty());
  CHECK(refusal(patch_of_size(32'769)) ==
        "patch: keys and values together must not exceed 32768 bytes; got 32769");
}

TEST_CASE("Limits: numbers count 8, booleans 4, and control characters, nulls and marks nothing") {
  const auto fits_beside = [](std::size_t size, Json value) {
    Json patch = patch_of_size(32'768 - 1 - size);
    patch.set("k", value);
    const bool fits = refusal(patch).empty();
    Json larger = patch_of_size(32'768 - size);
    larger.set("k", std::move(value));
    return fits && !refusal(larger).empty();
  };
  CHECK(fits_beside(8, 1));
  CHECK(fits_beside(8, 1.5));
  CHECK(fits_beside(4, true));
  CHECK(fits_beside(4, false));
  CHECK(fits_beside(2,
                    "a\n\u0085\x01"
                    "b"));
  CHECK(fits_beside(1, "\u65e5"));
  CHECK(fits_beside(10, {{"ab", 7}}));
  CHECK(fits_beside(17, Json::array({"x", 2, 3})));
  Json patch = patch_of_size(32'768);
  for (int i = 0; i < 1'000; ++i) patch.set("gone" + std::to_string(i), nullptr);
  CHECK(refusal(patch).empty());
}

TEST_CASE("Limits: a patch that is no object is left to the service") {
  CHECK(refusal(nullptr).empty());
  CHECK(refusal("text").empty());
  CHECK(refusal(Json::array({1})).empty());
}

}  // namespace
}  // namespace azure::iot::device
