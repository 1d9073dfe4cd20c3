// MQTT over TLS through scripted proxies.
#include <atomic>
#include <chrono>
#include <ctime>
#include <future>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "pipeline/auth/base64.hpp"
#include "tests/transport/tunnel/scripted_proxy.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

// Asks a client of SOCKS5 for its login, accepts it, and returns "user:password" (RFC 1929).
static std::string accept_socks5_login(ScriptedConnection& client) {
  client.read(static_cast<unsigned char>(client.read(2).at(1)));
  client.write(bytes({5, 2}));
  const auto read_text = [&] {
    return client.read(static_cast<unsigned char>(client.read(1).at(0)));
  };
  client.read(1);
  const std::string user = read_text();
  const std::string password = read_text();
  client.write(bytes({1, 0}));
  return user + ":" + password;
}

TEST_CASE("Proxy: HTTP is asked for the server by name, and carries what follows") {
  std::promise<std::string> asked;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    asked.set_value(read_head(client));
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    serve_behind_proxy(client);
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

TEST_CASE("Proxy: what a user name and a password are made of reaches the proxy as it is") {
  const std::string user = "a%40b@c d%";
  const std::string password = "100%ab:%00@/#\xc3\xa9\"";
  SUBCASE("HTTP") {
    std::promise<std::string> asked;
    ScriptedServer proxy([&](ScriptedConnection& client) {
      asked.set_value(read_head(client));
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      serve_behind_proxy(client);
    });
    TransportProbe probe(behind(proxy, ProxyType::http, user, password), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    CHECK(contains(asked.get_future().get(),
                   "Proxy-Authorization: Basic " + encode_base64(user + ":" + password) + "\r\n"));
  }
  SUBCASE("SOCKS5") {
    std::promise<std::string> asked;
    ScriptedServer proxy([&](ScriptedConnection& client) {
      asked.set_value(accept_socks5_login(client));
      read_socks5_target(client);
      client.write(socks5_reply(0));
      serve_behind_proxy(client);
    });
    TransportProbe probe(behind(proxy, ProxyType::socks5, user, password), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    CHECK(asked.get_future().get() == user + ":" + password);
  }
  SUBCASE("SOCKS4") {
    std::promise<std::string> asked;
    ScriptedServer proxy([&](ScriptedConnection& client) {
      asked.set_value(read_socks4_target(client));
      client.write(socks4_reply(90));
      serve_behind_proxy(client);
    });
    TransportProbe probe(behind(proxy, ProxyType::socks4, user), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    CHECK(asked.get_future().get() == user + "@address");
  }
}

TEST_CASE("Proxy: a hostname that would mean something in a URL is not asked for") {
  for (const char* hostname : {"a/b", "user@host", "host#", "a b", "-host", "+host", "*"}) {
    CAPTURE(hostname);
    ScriptedServer proxy([](ScriptedConnection& client) { client.wait_for_end(); });
    auto config = behind(proxy, ProxyType::http);
    config.hostname = hostname;
    TransportProbe probe(config, quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("failed connection_failed"));
    CHECK(contains(probe.last_detail(), "is not the name of a host"));
  }
}

TEST_CASE("Proxy: one that talks without end does not hold the loop, and is given up at once") {
  struct Endless {
    std::string beginning;
    const char* detail;
  };
  const Endless all[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user name and password"},
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000000\r\n\r\n", "answered with 403"},
      {"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
       "answered with 403"},
      {"HTTP/1.1 200 OK\r\n", "without end"}};
  for (const Endless& endless : all) {
    CAPTURE(endless.beginning);
    ScriptedServer proxy([&](ScriptedConnection& client) {
      read_head(client);
      client.write(endless.beginning);
      const std::string more = "X-Filler: " + std::string(100, 'x') + "\r\n";
      for (int i = 0; i < 1'000'000; ++i) client.write(more);
    });
    TransportProbe probe(behind(proxy, ProxyType::http), quick(5s));
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE_FALSE(probe.connect());
    probe.turn();
    REQUIRE(probe.wait_for("failed protocol_proxy"));
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CAPTURE(probe.last_detail());
    CHECK(contains(probe.last_detail(), endless.detail));
  }
}

TEST_CASE("Proxy: SOCKS5 is given the name, and the password where it wants one") {
  std::promise<std::string> asked;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    const std::string login = accept_socks5_login(client);
    asked.set_value(login + "@" + read_socks5_target(client));
    client.write(socks5_reply(0));
    serve_behind_proxy(client);
  });
  TransportProbe probe(behind(proxy, ProxyType::socks5, "user", "password"), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  CHECK(asked.get_future().get() == "user:password@localhost");
}

TEST_CASE("Proxy: SOCKS4 is given an address, or the name where that cannot be resolved here") {
  // Resolves the proxy's name, and the server's only if set to.
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
      serve_behind_proxy(client);
    });
    MosquittoTransportOptions options;
    options.resolver = std::make_shared<HalfResolver>(knows);
    TransportProbe probe(behind(proxy, ProxyType::socks4, "user"), options);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for("connected"));
    CHECK(asked.get_future().get() == (knows ? "user@address" : "user@localhost"));
  }
}

TEST_CASE("Proxy: one that says nothing is given up at the deadline of the connect, by name") {
  const std::clock_t cpu_before = std::clock();
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
  // No busy loop meanwhile: the connects take 600 ms in all.
  CHECK(static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC < 0.3);
}

TEST_CASE("Proxy: one whose name cannot be resolved is named") {
  struct NoResolver : Resolver {
    void resolve(const std::string& host, Done done) override {
      done(Error(Errc::connection_failed, host + " is unknown"));
    }
  };
  ScriptedServer nobody(serve_behind_proxy);
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
    serve_behind_proxy(client);
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

TEST_CASE("Proxy: no program that is started inherits the connection, while it is made or later") {
  std::promise<void> come, go_on;
  ScriptedServer proxy([&](ScriptedConnection& client) {
    read_head(client);
    come.set_value();
    go_on.get_future().wait();
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    serve_behind_proxy(client);
  });
  TransportProbe probe(behind(proxy, ProxyType::http), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(come.get_future().wait_for(10s) == std::future_status::ready);
  const auto is_private = [&] {
    const int fd = socket_to(proxy);
    return fd >= 0 && (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
  };
  CHECK(is_private());
  go_on.set_value();
  REQUIRE(probe.wait_for("connected"));
  CHECK(is_private());
}
