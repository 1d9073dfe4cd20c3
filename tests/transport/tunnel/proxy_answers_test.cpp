// Errors for proxies that answer without making a connection.
#include <string>

#include <doctest/doctest.h>

#include "tests/transport/tunnel/scripted_proxy.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

struct Outcome {
  std::string line;
  std::string detail;
};

Outcome connect_through(ProxyType type, ScriptedServer::Script script,
                        const std::string& username = {}, const std::string& password = {}) {
  ScriptedServer proxy(std::move(script));
  TransportProbe probe(behind(proxy, type, username, password), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(1));
  return {probe.told().front(), probe.last_detail()};
}

ScriptedServer::Script answers(const std::string& status) {
  return [=](ScriptedConnection& client) {
    read_head(client);
    client.write("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
    client.wait_for_end();
  };
}

ScriptedServer::Script socks5_answers(int code) {
  return [=](ScriptedConnection& client) {
    client.read(3);
    client.write(kNoAuthentication);
    read_socks5_target(client);
    client.write(socks5_reply(code));
    client.wait_for_end();
  };
}

ScriptedServer::Script socks4_answers(int code) {
  return [=](ScriptedConnection& client) {
    read_socks4_target(client);
    client.write(socks4_reply(code));
    client.wait_for_end();
  };
}

}  // namespace

TEST_CASE("Proxy: a name and password that HTTP refuses, or wants, are said to be at fault") {
  for (const char* status : {"407 Proxy Authentication Required", "401 Unauthorized"}) {
    CAPTURE(status);
    const Outcome without = connect_through(ProxyType::http, answers(status));
    CHECK(without.line == "failed protocol_proxy");
    CHECK(contains(without.detail, "wants a user name and password"));
    const Outcome with = connect_through(ProxyType::http, answers(status), "user", "password");
    CHECK(with.line == "failed protocol_proxy");
    CHECK(contains(with.detail, "refuses the user name and password"));
    CHECK_FALSE(contains(with.detail, "\"password\""));
  }
}

TEST_CASE("Proxy: what HTTP says of the server is told apart from what it says of itself") {
  for (const char* status : {"500 Internal Server Error", "502 Bad Gateway",
                             "503 Service Unavailable", "504 Gateway Timeout"}) {
    CAPTURE(status);
    const Outcome outcome = connect_through(ProxyType::http, answers(status));
    CHECK(outcome.line == "failed connection_failed");
    CHECK(contains(outcome.detail, "does its part, but does not reach localhost:8883"));
    CHECK(contains(outcome.detail, "answered with " + std::string(status).substr(0, 3)));
  }
  for (const char* status : {"403 Forbidden", "404 Not Found", "405 Method Not Allowed"}) {
    CAPTURE(status);
    const Outcome outcome = connect_through(ProxyType::http, answers(status));
    CHECK(outcome.line == "failed protocol_proxy");
    CHECK(contains(outcome.detail, "makes no connection to localhost:8883"));
  }
}

TEST_CASE("Proxy: what SOCKS5 says of the server is told") {
  struct Reply {
    int code;
    const char* line;
    const char* detail;
  };
  const Reply replies[] = {{1, "failed connection_failed", "does not say why"},
                           {2, "failed protocol_proxy", "rules do not allow it"},
                           {3, "failed connection_failed", "no way to that network"},
                           {4, "failed connection_failed", "does not find that host"},
                           {5, "failed connection_failed", "nothing listens there"},
                           {6, "failed connection_failed", "the way there is too long"},
                           {7, "failed protocol_proxy", "makes no connections"},
                           {8, "failed protocol_proxy", "takes no names"}};
  for (const Reply& reply : replies) {
    CAPTURE(reply.code);
    const Outcome outcome = connect_through(ProxyType::socks5, socks5_answers(reply.code));
    CHECK(outcome.line == reply.line);
    CAPTURE(outcome.detail);
    CHECK(contains(outcome.detail, reply.detail));
  }
}

TEST_CASE("Proxy: a name and password that SOCKS refuses are said to be at fault") {
  const Outcome no_method = connect_through(ProxyType::socks5, [](ScriptedConnection& client) {
    client.read(3);
    client.write(bytes({5, 0xff}));
    client.wait_for_end();
  });
  CHECK(no_method.line == "failed protocol_proxy");
  CHECK(contains(no_method.detail, "wants a user name and password"));
  const Outcome wrong = connect_through(
      ProxyType::socks5,
      [](ScriptedConnection& client) {
        client.read_some(600);
        client.write(bytes({5, 2}));
        client.read_some(600);
        client.write(bytes({1, 1}));
        client.wait_for_end();
      },
      "user", "password");
  CHECK(wrong.line == "failed protocol_proxy");
  CHECK(contains(wrong.detail, "refuses the user name and password"));
  for (const int code : {92, 93}) {
    CAPTURE(code);
    CHECK(connect_through(ProxyType::socks4, socks4_answers(code), "user").line ==
          "failed protocol_proxy");
  }
}

TEST_CASE("Proxy: SOCKS4 has one word for what may pass and what will not") {
  const Outcome outcome = connect_through(ProxyType::socks4, socks4_answers(91));
  CHECK(outcome.line == "failed connection_failed");
  CHECK(contains(outcome.detail, "it refused, or failed, and does not say which"));
}

TEST_CASE("Proxy: one that hangs up, or is not there, is a failed connection") {
  for (const ProxyType type : {ProxyType::http, ProxyType::socks4, ProxyType::socks5}) {
    CAPTURE(static_cast<int>(type));
    const Outcome outcome =
        connect_through(type, [](ScriptedConnection& client) { client.read_some(600); });
    CHECK(outcome.line == "failed connection_failed");
    CHECK(contains(outcome.detail, "hung up instead of answering"));
    ScriptedServer gone(serve_behind_proxy);
    gone.stop_listening();
    TransportProbe probe(behind(gone, type), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("failed connection_failed"));
    CHECK(contains(probe.last_detail(), "the proxy at 127.0.0.1:" + std::to_string(gone.port()) +
                                            " cannot be reached: Connection refused"));
  }
}

TEST_CASE("Proxy: one of another type is said to be") {
  const auto says = [](const std::string& text) {
    return [=](ScriptedConnection& client) {
      client.read_some(600);
      client.write(text);
      client.wait_for_end();
    };
  };
  const std::string http = "HTTP/1.1 400 Bad Request\r\n\r\n";
  const Outcome as_socks5 = connect_through(ProxyType::socks5, says(http));
  CHECK(as_socks5.line == "failed protocol_proxy");
  CHECK(contains(as_socks5.detail, "does not answer as a SOCKS5 proxy does"));
  const Outcome as_socks4 = connect_through(ProxyType::socks4, says(http));
  CHECK(as_socks4.line == "failed protocol_proxy");
  CHECK(contains(as_socks4.detail, "does not answer as a SOCKS4 proxy does"));
}
