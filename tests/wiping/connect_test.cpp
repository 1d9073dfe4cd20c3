// Searches memory for the token of a connect after the connect has completed.
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/transport_configs.hpp"
#include "wiping/masked.hpp"

namespace azure::iot::device::test {
namespace {

// While it lives, what is freed is overwritten, unless it is small: libmosquitto and OpenSSL wipe
// nothing, and what they have freed is not the question here.
class FreedIsGone {
 public:
  FreedIsGone() { REQUIRE(::mallopt(M_PERTURB, 0x5a) == 1); }
  FreedIsGone(const FreedIsGone&) = delete;
  FreedIsGone& operator=(const FreedIsGone&) = delete;
  ~FreedIsGone() { ::mallopt(M_PERTURB, 0); }
};

// A large password with a secret in it, in one place.
std::string password_with(const Masked& secret) {
  std::string password;
  password.reserve(32 * 1024);
  secret.write_to(password);
  password.append(16 * 1024, 'x');
  return password;
}

// A server in a process of its own, whose memory is not searched.
class ServerProcess {
 public:
  ServerProcess() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    // Made before, so that both know it.
    static_cast<void>(certificate());
    child_ = ::fork();
    if (child_ == 0) serve(ends[1]);
    ::close(ends[1]);
    REQUIRE(::read(ends[0], &port_, sizeof port_) == sizeof port_);
    ::close(ends[0]);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  std::uint16_t port() const { return port_; }

 private:
  [[noreturn]] static void serve(int out) {
    ::alarm(60);
    ScriptedServer server([](ScriptedConnection& client) {
      if (client.accept_client(certificate())) client.wait_for_end();
    });
    const std::uint16_t port = server.port();
    if (::write(out, &port, sizeof port) != sizeof port) ::_exit(1);
    for (;;) ::pause();
  }

  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

struct NoResolver : Resolver {
  void resolve(const std::string&, Done done) override {
    done(Error(Errc::connection_failed, "unknown"));
  }
};

}  // namespace

TEST_CASE("Wiping: a connection that is up holds no token any more") {
  const ServerProcess server;
  const FreedIsGone freed_is_gone;
  TransportProbe probe(config_for(server.port(), certificate().ca), quick());
  // As in wiping_test.cpp, the first time leaves traces of the dynamic linker's.
  REQUIRE_FALSE(probe.connect(password_with(Masked())));
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.disconnect());
  REQUIRE(probe.wait_for("disconnected"));
  const Masked token;
  REQUIRE_FALSE(probe.connect(password_with(token)));
  REQUIRE(probe.wait_for("connected", 2));
  probe.turn();
  CHECK(token.count_in_memory() == 0);
}

TEST_CASE("Wiping: a connect that has failed, or was given up, holds no token any more") {
  const FreedIsGone freed_is_gone;
  const Masked refused, unknown, cancelled;
  const auto config = config_for(free_port(), certificate().ca);
  TransportProbe at_closed_port(config, quick());
  REQUIRE_FALSE(at_closed_port.connect(password_with(Masked())));
  REQUIRE(at_closed_port.wait_for("failed connection_failed"));
  REQUIRE_FALSE(at_closed_port.connect(password_with(refused)));
  REQUIRE(at_closed_port.wait_for("failed connection_failed", 2));
  at_closed_port.turn();
  CHECK(refused.count_in_memory() == 0);

  MosquittoTransportOptions options;
  options.resolver = std::make_shared<NoResolver>();
  TransportProbe without_name(config, options);
  REQUIRE_FALSE(without_name.connect(password_with(unknown)));
  REQUIRE(without_name.wait_for("failed connection_failed"));
  without_name.turn();
  CHECK(unknown.count_in_memory() == 0);

  options.resolver = std::make_shared<FixedResolver>(Lines{});  // Never answers.
  TransportProbe given_up(config, options);
  REQUIRE_FALSE(given_up.connect(password_with(cancelled)));
  CHECK(cancelled.count_in_memory() == 1);
  given_up.on_loop([](MqttTransport& transport) { transport.cancel_connect(); });
  CHECK(cancelled.count_in_memory() == 0);
}

}  // namespace azure::iot::device::test
