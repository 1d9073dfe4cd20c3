#include "transport/mqtt/mosquitto_library.hpp"

#include <cerrno>

#include <mosquitto.h>
#include <signal.h>

#include "transport/mqtt/open_privately.hpp"

namespace azure::iot::device {
namespace {

// Restores the action of SIGPIPE. mosquitto_new makes the whole process ignore SIGPIPE, which this
// library does not need: its loop blocks all signals. Only one instance exists at a time, since
// open_privately runs one call at a time.
class KeepSigpipe {
 public:
  KeepSigpipe() { ::sigaction(SIGPIPE, nullptr, &before_); }
  ~KeepSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

}  // namespace

void DestroyMosquitto::operator()(mosquitto* client) const { mosquitto_destroy(client); }

MosquittoPtr new_mosquitto(const std::string& client_id, void* user_data) {
  MosquittoPtr client;
  int error_number = 0;
  constexpr std::size_t kDescriptors = 2;  // A socket pair that libmosquitto uses to wake itself.
  const bool complete = open_privately(kDescriptors, [&] {
    const KeepSigpipe keep_sigpipe;
    // Never cleaned up, since that would unload OpenSSL's configuration for the whole process.
    static const int initialized = mosquitto_lib_init();
    if (initialized == MOSQ_ERR_SUCCESS) {
      client.reset(mosquitto_new(client_id.c_str(), false, user_data));
    }
    error_number = errno;
  });
  if (complete && client) return client;
  if (client) error_number = EMFILE;
  client.reset();
  errno = error_number;
  return nullptr;
}

}  // namespace azure::iot::device
