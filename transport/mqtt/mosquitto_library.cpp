#include "transport/mqtt/mosquitto_library.hpp"

#include <array>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <mosquitto.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pipeline/log.hpp"
#include "pipeline/loop/fork_guard.hpp"

namespace azure::iot::device {
namespace {

// mosquitto_new sets SIGPIPE to be ignored by the whole process. This library does not need that:
// its loop blocks all signals.
class KeepSigpipe {
 public:
  KeepSigpipe() { ::sigaction(SIGPIPE, nullptr, &before_); }
  ~KeepSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

using Pair = std::array<int, 2>;

// The two lowest free descriptors, which the next socketpair() will return.
Pair next_descriptors() {
  Pair pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0) {
    ::close(pair[0]);
    ::close(pair[1]);
  }
  return pair;
}

int socket_option(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

// Whether this can be one end of the pair that libmosquitto has just made.
bool is_fresh_pair_end(int fd) {
  return socket_option(fd, SO_DOMAIN) == AF_UNIX && socket_option(fd, SO_TYPE) == SOCK_STREAM &&
         (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && ::fcntl(fd, F_GETFD) == 0;
}

}  // namespace

void DestroyMosquitto::operator()(mosquitto* client) const { mosquitto_destroy(client); }

MosquittoPtr new_mosquitto(const std::string& client_id, void* user_data) {
  constexpr int kAttempts = 8;
  MosquittoPtr unprotected;
  {
    // Several loops may do this at the same time, and what follows concerns the whole process; nor
    // must it fork in the middle. The library is never cleaned up: that would unload OpenSSL's
    // configuration for everybody.
    const ForkGuard fork_guard;
    const std::lock_guard lock(ForkGuard::mutex());
    static const int initialized = mosquitto_lib_init();
    if (initialized != MOSQ_ERR_SUCCESS) return nullptr;

    // libmosquitto makes a pair of sockets to wake itself with, which it does not give out. Should
    // another thread have opened something in between, they are not where they are expected.
    for (int attempt = 1;; ++attempt) {
      const Pair expected = next_descriptors();
      MosquittoPtr client;
      {
        const KeepSigpipe keep_sigpipe;
        client.reset(mosquitto_new(client_id.c_str(), false, user_data));
      }
      if (!client) return nullptr;
      if (is_fresh_pair_end(expected[0]) && is_fresh_pair_end(expected[1])) {
        for (const int fd : expected) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        return client;
      }
      if (attempt < kAttempts) continue;
      unprotected = std::move(client);
      break;
    }
  }
  log_for(client_id, LogLevel::debug, "MqttTransport",
          "two descriptors of libmosquitto could not be made close-on-exec");
  return unprotected;
}

}  // namespace azure::iot::device
