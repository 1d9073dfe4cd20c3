#include "transport/tunnel/upgrade.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {

// The key of the example in RFC 6455 section 1.3, and the value that a server derives from it.
const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const Upgrade& upgrade() {
  static const Upgrade made("hub.example", 443, kKey);
  return made;
}

std::string refusal(const UpgradeAnswer& answer) {
  const Error error = upgrade().check(answer_upgrade(upgrade().request(), answer));
  if (!error) return {};
  CHECK(error.code() == Errc::connection_failed);
  return error.detail();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Upgrade: asks for what IoT Hub serves") {
  const std::string request = upgrade().request();
  CHECK(request.starts_with("GET /$iothub/websocket HTTP/1.1\r\nHost: hub.example:443\r\n"));
  CHECK(contains(request, "\r\nSec-Websocket-Protocol: mqtt\r\n"));
  CHECK(contains(request, "\r\nSec-WebSocket-Key: " + kKey + "\r\n"));
  CHECK(request.ends_with("\r\n\r\n"));
  CHECK(contains(Upgrade("::1", 8443, kKey).request(), "Host: [::1]:8443\r\n"));
}

TEST_CASE("Upgrade: takes the answer that the RFC has for that key, in any case and order") {
  CHECK(refusal({.accept = kAccept}).empty());
  CHECK(refusal({.status = "HTTP/1.1 101 Whatever", .upgrade = "WebSocket"}).empty());
  CHECK_FALSE(
      upgrade().check("HTTP/1.1 101 X\r\nUPGRADE: WEBSOCKET\r\nCONNECTION: keep-alive,UPGRADE\r\n"
                      "sec-websocket-accept: " +
                      kAccept + "\r\nSEC-WEBSOCKET-PROTOCOL: mqtt\r\n\r\n"));
  CHECK_FALSE(upgrade().check("HTTP/1.1 101 X\r\nSEC-WEBSOCKET-ACCEPT:" + kAccept +
                              "\r\nsec-websocket-protocol: \t mqtt \r\nupgrade:websocket\r\n"
                              "Connection: close\r\nconnection: \t upgrade , x\r\n\r\n"));
}

TEST_CASE("Upgrade: an answer that does not upgrade the connection makes no WebSocket") {
  const std::string head =
      "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + kAccept +
      "\r\nSec-WebSocket-Protocol: mqtt\r\n";
  CHECK_FALSE(upgrade().check(head + "Connection: Upgrade\r\n\r\n"));
  for (const char* connection :
       {"", "Connection:\r\n", "Connection: close\r\n", "Connection: upgraded\r\n",
        "X-Connection: upgrade\r\n", "Connection: keep-alive, , not upgrade\r\n"}) {
    CAPTURE(connection);
    const Error error = upgrade().check(head + connection + "\r\n");
    CHECK(error.code() == Errc::connection_failed);
    CHECK(contains(error.detail(), "connection is upgraded"));
  }
}

TEST_CASE("Upgrade: says what is wrong with an answer") {
  CHECK(contains(refusal({.status = "HTTP/1.1 401 Unauthorized"}), "401 Unauthorized"));
  CHECK(contains(refusal({.status = "HTTP/1.1 200 OK"}), "200 OK"));
  CHECK(contains(refusal({.status = "SSH-2.0-OpenSSH"}), "SSH-2.0-OpenSSH"));
  CHECK(contains(refusal({.upgrade = "h2c"}), "no Upgrade to websocket"));
  CHECK(contains(refusal({.accept = "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="}), "another question"));
  CHECK(contains(refusal({.protocol = "amqp"}), "does not speak MQTT"));
  CHECK(contains(upgrade().check("HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n").detail(),
                 "another question"));
  // The message stays short for an answer of any length.
  CHECK(refusal({.status = "HTTP/1.1 500 " + std::string(10'000, 'x')}).size() < 300);
  CHECK(contains(refusal({.status = "HTTP/1.1 403 No"}), "hub.example:443"));
  CHECK(contains(refusal({.status = "HTTP/1.1 500 \x1b[2J\n\xff\""}),
                 R"(it answered "HTTP/1.1 500 \x1b[2J\n\xff\"")"));
}

TEST_CASE("Upgrade: the head ends where it ends, in whatever pieces it comes") {
  const std::string head = answer_upgrade(upgrade().request());
  for (std::size_t size = 0; size < head.size(); ++size) {
    CHECK(Upgrade::head_size(std::string_view(head).substr(0, size)) == 0);
  }
  CHECK(Upgrade::head_size(head) == head.size());
  CHECK(Upgrade::head_size(head + "\x82\x04MQTT\r\n\r\n") == head.size());
}

}  // namespace
}  // namespace azure::iot::device::test
