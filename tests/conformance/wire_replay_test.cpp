#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "tools/conformance/wire/certificates.hpp"
#include "tools/conformance/wire/differences.hpp"
#include "tools/conformance/wire/functions.hpp"
#include "tools/conformance/wire/replay.hpp"
#include "tools/conformance/wire/scope.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

Vector recorded(const char* file, std::string_view name) {
  Certificates::get();
  for (const Vector& vector :
       read_vectors(std::string(TEST_VECTORS_DIR) + "/wire/" + file + ".json").vectors) {
    if (vector.name == name) return vector;
  }
  FAIL("no such vector: ", name);
  return {};
}

// A vector in which a message with properties comes down and is acknowledged.
Vector message() { return recorded("c2d", "properties-11"); }

Json& first(std::vector<Json>& packets, std::string_view kind) {
  for (Json& packet : packets) {
    if (packet["packet"] == Json(kind)) return packet;
  }
  FAIL("no such packet: ", kind);
  return packets.front();
}

std::vector<Deviation> unexplained(const Vector& vector) {
  Replayed replayed = replay(vector);
  explain(vector, replayed.deviations);
  return replayed.deviations;
}

// Returns the kinds of the differences, one word each.
std::string kinds(const Vector& vector) {
  std::string words;
  for (const Deviation& each : unexplained(vector)) {
    const std::string text = each.describe();
    words += (words.empty() ? "" : " ") + text.substr(0, text.find(' '));
  }
  return words;
}

}  // namespace

TEST_CASE("WireReplay: a vector that is met passes") { CHECK(kinds(message()) == ""); }

TEST_CASE("WireReplay: a packet that says something else fails, on both sides") {
  for (const auto& [member, other] : {std::pair{"client_id", Json("other")},
                                      {"keep_alive", Json(61)},
                                      {"password", Json("x")},
                                      {"clean_session", Json(true)},
                                      {"tls", Json{{"sni", "other"}}}}) {
    const std::string changed = member;
    CAPTURE(changed);
    Vector vector = message();
    first(vector.wire, "CONNECT").set(member, other);
    CHECK(kinds(vector) == "packet packet");
  }
  Vector vector = message();
  first(vector.wire, "SUBSCRIBE").at("subscriptions").at(std::size_t{0}).set("qos", 0);
  CHECK(kinds(vector) == "packet packet");
}

TEST_CASE("WireReplay: a publish to another topic, of another payload or marked otherwise fails") {
  REQUIRE(kinds(recorded("connect", "websockets")) == "");
  for (const auto& [member, other] : {std::pair{"topic", Json("devices/dev1/messages/events/x=1")},
                                      {"payload_b64", Json("eA==")},
                                      {"qos", Json(0)},
                                      {"retain", Json(true)},
                                      {"dup", Json(true)},
                                      {"conn", Json(2)}}) {
    const std::string changed = member;
    CAPTURE(changed);
    Vector vector = recorded("connect", "websockets");
    first(vector.wire, "PUBLISH").set(member, other);
    CHECK(kinds(vector) == "packet packet");
  }
}

TEST_CASE("WireReplay: how a client asks for a WebSocket, and a proxy for the hub, is compared") {
  Vector path = recorded("connect", "websockets");
  first(path.wire, "CONNECT").at("websocket").set("request_line", "GET / HTTP/1.1");
  CHECK(kinds(path) == "packet packet");
  Vector header = recorded("connect", "websockets");
  first(header.wire, "CONNECT").at("websocket").at("headers").push_back(Json::array({"X", "y"}));
  CHECK(kinds(header) == "packet packet");
  Vector none = recorded("connect", "websockets");
  first(none.wire, "CONNECT").erase("websocket");
  CHECK(kinds(none) == "packet packet");

  REQUIRE(kinds(recorded("connect", "proxy-05")) == "");
  Vector line = recorded("connect", "proxy-05");
  line.proxied.front().set("request_line", "CONNECT other:8883 HTTP/1.1");
  CHECK(kinds(line) == "proxied proxied");
  Vector credentials = recorded("connect", "proxy-05");
  credentials.proxied.front().set("headers", Json::array());
  CHECK(kinds(credentials) == "proxied proxied");
  Vector methods = recorded("connect", "proxy-04");
  methods.proxied.front().set("methods", Json::array({0}));
  CHECK(kinds(methods) == "proxied proxied");
}

TEST_CASE("WireReplay: what a SOCKS4 proxy is asked for is compared") {
  Vector by_name = recorded("connect", "proxy-08");
  by_name.create.at("options").at("proxy_options").set("type", "SOCKS4");
  by_name.proxied = {{{"proxy", "SOCKS4"},
                      {"username", "only-user"},
                      {"host", "hub1.azure-devices.test"},
                      {"port", 8883},
                      {"step", 0}}};
  CHECK(kinds(by_name) == "");
  Vector other = by_name;
  other.proxied.front().set("host", "other");
  CHECK(kinds(other) == "proxied proxied");
  Vector refused = recorded("connect", "proxy-socks5-refuses");
  refused.create.at("options").at("proxy_options").set("type", "SOCKS4");
  refused.proxied = {{{"proxy", "SOCKS4"}, {"host", "hub1.azure-devices.test"}, {"port", 8883}}};
  refused.proxied.front().set("step", 0);
  CHECK(kinds(refused) == "");
}

TEST_CASE("WireReplay: the certificate of a client, and the suite that it chose, are compared") {
  Vector name = recorded("connect", "x509-device");
  first(name.wire, "CONNECT").at("tls").set("client_cert_cn", "other");
  CHECK(kinds(name) == "packet packet");
  Vector suite = recorded("connect", "cipher-01");
  first(suite.wire, "CONNECT").at("tls").set("cipher", "ECDHE-RSA-AES128-GCM-SHA256");
  CHECK(kinds(suite) == "packet packet");
}

TEST_CASE("WireReplay: a packet too few, too many or in another call fails") {
  Vector more = message();
  more.wire.pop_back();
  CHECK(kinds(more) == "packet");
  Vector less = message();
  less.wire.push_back({{"packet", "PINGREQ"}, {"conn", 1}, {"step", 2}});
  CHECK(kinds(less) == "packet");
  Vector later = message();
  first(later.wire, "SUBSCRIBE").set("step", 2);
  CHECK(kinds(later) == "packet packet");
}

TEST_CASE("WireReplay: a refusal that Python asks about again may end a registration") {
  const auto kinds_with = [](int status) {
    Vector vector = recorded("provisioning", "throttled-01");
    vector.hub.at("dps").at(std::size_t{0}).set("status", status);
    return kinds(vector);
  };
  for (const int status : {429, 430, 499, 500}) {
    CAPTURE(status);
    CHECK(kinds_with(status) == "");
  }
  CHECK(kinds_with(404) == "outcome packet packet");
}

TEST_CASE("WireReplay: another host name or port is noticed") {
  Vector host = message();
  host.dials.front().set("host", "other");
  CHECK(kinds(host) == "dial dial");
  Vector port = message();
  port.dials.front().set("port", 443);
  CHECK(kinds(port) == "dial dial");
}

TEST_CASE("WireReplay: what handlers are told is compared, and that they are told nothing else") {
  Vector other = message();
  other.steps.at(2).at("expect_event").at("message").set("message_id", "other");
  CHECK(kinds(other) == "event");
  Vector left = message();
  left.steps.pop_back();
  CHECK(kinds(left) == "event");
  Vector none = message();
  none.steps.push_back({{"expect_event", {{"handler", "on_background_exception"}}}});
  CHECK(kinds(none) == "event");
}

TEST_CASE("WireReplay: how a call ends is compared, by the type of the error") {
  const auto with = [](Json expected) {
    Vector vector = recorded("connect", "connack-04");
    vector.steps.at(0).set("expect", std::move(expected));
    return kinds(vector);
  };
  CHECK(with({{"ok", true}}) == "outcome");
  CHECK(with({{"blocked", true}}) == "outcome");
  CHECK(with({{"error", {{"type", "ClientError"}, {"layer", "public"}}}}) == "outcome");
  CHECK(with({{"error",
               {{"type", "CredentialError"},
                {"layer", "public"},
                {"cause", {{"type", "ConnectionFailedError"}}}}}}) == "outcome");
  CHECK(with({{"error", {{"type", "CredentialError"}, {"layer", "public"}}}}) == "");
}

TEST_CASE("WireReplay: a client that is made, or refused, against the recording fails") {
  Vector made = recorded("connect", "bad-connection-string-01");
  made.error = nullptr;
  CHECK(kinds(made).starts_with("creation"));
  Vector refused = message();
  refused.error = {{"type", "ValueError"}, {"layer", "builtin"}, {"message", "x"}};
  CHECK(kinds(refused).starts_with("creation"));
}

TEST_CASE("WireReplay: an accepted difference is told from another one of its kind") {
  Vector vector = recorded("connect", "keep-alive-01");
  REQUIRE(kinds(vector) == "");
  first(vector.wire, "CONNECT").set("client_id", "other");
  CHECK(kinds(vector) == "packet packet");
}

TEST_CASE("WireReplay: every accepted difference says when, why, where and what is compared") {
  for (const Difference& difference : differences()) {
    CAPTURE(difference.name);
    CHECK(std::filesystem::exists(std::filesystem::path(TEST_VECTORS_DIR "/../..") /
                                  difference.stated_in));
    CHECK_FALSE(difference.trigger.empty());
    CHECK_FALSE(difference.reason.empty());
    CHECK_FALSE(difference.still_compared.empty());
  }
}

TEST_CASE("WireReplay: what no program can do is compile-time, what is missing is skipped") {
  Vector vector = message();
  vector.create.set("options", {{"bogus", 1}});
  CHECK(refused_option(vector));
  vector.create.set("options", {{"keep_alive", "45"}});
  CHECK_FALSE(refused_option(vector));
  CHECK(replay(vector).compile_time);
  vector.create.set("from", "edge_environment");
  CHECK(missing_feature(vector) == "Edge environment");
}

TEST_CASE("WireReplay: the functions' recordings are all there, and replayed") {
  // The functions that do not depend on Python's types.
  const std::map<std::string, std::size_t> kAtLeast{{"classify_topic", 16},
                                                    {"datetime_text", 5},
                                                    {"decode_message_topic", 40},
                                                    {"dps_sas_uri", 3},
                                                    {"dps_topics", 3},
                                                    {"dps_username", 3},
                                                    {"encode_message_topic", 67},
                                                    {"hmac_sha256_base64", 28},
                                                    {"hub_sas_uri", 4},
                                                    {"hub_username", 12},
                                                    {"input_name_from_topic", 4},
                                                    {"json_text", 28},
                                                    {"method_response_topic", 6},
                                                    {"parse_connection_string", 74},
                                                    {"parse_dps_response_topic", 8},
                                                    {"parse_method_topic", 11},
                                                    {"parse_sas_token", 32},
                                                    {"parse_twin_response_topic", 7},
                                                    {"sas_token", 30},
                                                    {"split_sas_uri", 12},
                                                    {"subscribe_topics", 4},
                                                    {"telemetry_topic", 4},
                                                    {"twin_request_topic", 3},
                                                    {"url_quote", 12},
                                                    {"url_unquote", 12},
                                                    {"user_agent", 4}};
  std::map<std::string, std::size_t> replayed;
  for (const FunctionVector& vector :
       read_vectors(std::string(TEST_VECTORS_DIR) + "/wire/functions.json").functions) {
    if (missing_feature(vector) || vector.python_specific) continue;
    CAPTURE(vector.name);
    const Replayed outcome = replay(vector);
    CHECK(outcome.deviations.empty());
    replayed[vector.fn] += !outcome.compile_time;
  }
  for (const auto& [function, count] : kAtLeast) {
    const std::string name(function);
    CAPTURE(name);
    CHECK(replayed[function] >= count);
  }
}

TEST_CASE("WireReplay: a function that answers otherwise fails, also if it should not have") {
  const FunctionVector right{.name = "quote",
                             .fn = "url_quote",
                             .in = {{"text", "a b"}},
                             .out = {{"quote", "a%20b"}, {"quote_plus", "a+b"}},
                             .error = nullptr,
                             .python_specific = false};
  CHECK(replay(right).deviations.empty());
  FunctionVector wrong = right;
  wrong.out.set("quote", "a b");
  CHECK(replay(wrong).deviations.size() == 1);
  FunctionVector raises = right;
  raises.error = {{"type", "ValueError"}};
  CHECK(replay(raises).deviations.size() == 1);
}

}  // namespace azure::iot::device::conformance::wire
