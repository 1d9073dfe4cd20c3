// What proxies say, each to MQTT over TLS behind it.
#include <future>
#include <mutex>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string read_head(ScriptedConnection& client) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.read(1);
    if (byte.empty()) break;
    head += byte;
  }
  return head;
}

// The replies of SOCKS, to a connection: version, code, an address of zeros.
std::string socks4_reply(int code) { return bytes({0, code, 0, 0, 0, 0, 0, 0}); }
std::string socks5_reply(int code) { return bytes({5, code, 0, 1, 0, 0, 0, 0, 0, 0}); }
const std::string kNoAuthentication = bytes({5, 0});

// Reads what a client of SOCKS4 or SOCKS5 wants a connection to. The port, and the name or address.
std::string read_socks4_target(ScriptedConnection& client) {
  std::string request = client.read(8);
  const auto read_text = [&] {
    std::string text;
    for (std::string c; !(c = client.read(1)).empty() && c[0] != '\0';) text += c;
    return text;
  };
  const std::string user = read_text();
  const bool by_name = request.substr(4, 3) == std::string(3, '\0') && request[7] != '\0';
  return user + "@" + (by_name ? read_text() : "address");
}
std::string read_socks5_target(ScriptedConnection& client) {
  const std::string head = client.read(5);
  if (head.size() < 5) return {};
  const std::string rest = client.read(static_cast<unsigned char>(head[4]) + 2U);
  return rest.substr(0, rest.size() - 2);
}

// What serves once a proxy has made its connection.
void serve(ScriptedConnection& client) {
  if (!client.accept_client(certificate())) return;
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if (type_of(packet) == PacketType::publish) client.write(puback(mid_of(packet)));
  }
}

MqttTransportConfig behind(const ScriptedServer& proxy, ProxyType type,
                           const std::string& username = {}, const std::string& password = {}) {
  auto config = config_for(8883, certificate().ca);
  config.proxy_options = ProxyOptions{.type = type,
                                      .address = "127.0.0.1",
                                      .port = proxy.port(),
                                      .username = username,
                                      .password = password};
  return config;
}

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

TEST_CASE("Proxy: HTTP is asked for the server by name, and carries what follows") {
  std::promise<std::string> asked;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    asked.set_value(read_head(client));
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    serve(client);
  });
  TransportProbe probe(behind(proxy, ProxyType::http, "user", "password"), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t"));
  CHECK(probe.wait_for("ack 1"));
  const std::string head = asked.get_future().get();
  CHECK(head.starts_with("CONNECT localhost:8883 HTTP/1.1\r\n"));
  CHECK(contains(head, "Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n"));
}

TEST_CASE("Proxy: SOCKS5 is given the name, and the password where it wants one") {
  std::promise<std::string> asked;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    client.read(static_cast<unsigned char>(client.read(2).at(1)));
    client.write(bytes({5, 2}));
    const auto read_text = [&] {
      return client.read(static_cast<unsigned char>(client.read(1).at(0)));
    };
    client.read(1);
    const std::string user = read_text();
    const std::string password = read_text();
    client.write(bytes({1, 0}));
    asked.set_value(user + ":" + password + "@" + read_socks5_target(client));
    client.write(socks5_reply(0));
    serve(client);
  });
  TransportProbe probe(behind(proxy, ProxyType::socks5, "user", "password"), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  CHECK(asked.get_future().get() == "user:password@localhost");
}

TEST_CASE("Proxy: SOCKS4 is given an address, or the name where that cannot be resolved here") {
  // Knows the proxy, and the server if it is told to.
  struct HalfResolver : Resolver {
    explicit HalfResolver(bool knows) : knows_server(knows) {}
    void resolve(const std::string& host, Done done) override {
      if (host == "localhost" && !knows_server) {
        return done(Error(Errc::connection_failed, "unknown"));
      }
      done(std::vector<std::string>{"127.0.0.1"});
    }
    const bool knows_server;
  };
  for (const bool knows : {true, false}) {
    std::promise<std::string> asked;
    ScriptedServer proxy([&](ScriptedConnection& client) {
      asked.set_value(read_socks4_target(client));
      client.write(socks4_reply(90));
      serve(client);
    });
    MosquittoTransportOptions options;
    options.resolver = std::make_shared<HalfResolver>(knows);
    TransportProbe probe(behind(proxy, ProxyType::socks4, "user"), options);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    CHECK(asked.get_future().get() == (knows ? "user@address" : "user@localhost"));
  }
}

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
    ScriptedServer gone(serve);
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

TEST_CASE("Proxy: one that says nothing is given up at the deadline of the connect, by name") {
  for (const auto& [type, kind] :
       {std::pair(ProxyType::http, "an HTTP proxy"), std::pair(ProxyType::socks4, "a SOCKS4 proxy"),
        std::pair(ProxyType::socks5, "a SOCKS5 proxy")}) {
    ScriptedServer silent([](ScriptedConnection& client) { client.wait_for_end(); });
    TransportProbe probe(behind(silent, type), quick(200ms));
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("failed connection_failed"));
    CHECK(contains(probe.last_detail(),
                   "waiting for the proxy at 127.0.0.1:" + std::to_string(silent.port()) +
                       " to answer; check that it is " + kind));
  }
}

TEST_CASE("Proxy: one whose name cannot be resolved is named") {
  struct NoResolver : Resolver {
    void resolve(const std::string& host, Done done) override {
      done(Error(Errc::connection_failed, host + " is unknown"));
    }
  };
  ScriptedServer nobody(serve);
  auto config = behind(nobody, ProxyType::http);
  config.proxy_options->address = "proxy.example";
  MosquittoTransportOptions options;
  options.resolver = std::make_shared<NoResolver>();
  TransportProbe probe(config, options);
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("failed connection_failed"));
  CHECK(contains(probe.last_detail(), "proxy.example is unknown"));
  CHECK(nobody.clients() == 0);
}

TEST_CASE("Proxy: a connect that is given up while it answers is over, and the next one works") {
  std::promise<void> come;
  std::atomic<int> clients = 0;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    read_head(client);
    if (clients++ == 0) {
      come.set_value();
      return client.wait_for_end();
    }
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    serve(client);
  });
  TransportProbe probe(behind(proxy, ProxyType::http), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(come.get_future().wait_for(10s) == std::future_status::ready);
  probe.on_loop([](MqttTransport& transport) {
    CHECK(contains(transport.cancel_connect(), "waiting for the proxy"));
  });
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
  CHECK(probe.told().size() == 1);
}
