#include "pipeline/loop/thread.hpp"

#include <utility>

#include <pthread.h>
#include <signal.h>

namespace azure::iot::device {

std::thread start_thread(const char* name, std::function<void()> body) {
  // Blocked here and inherited: inside the new thread it would be too late for the first signal.
  struct BlockedSignals {
    BlockedSignals() {
      sigset_t all;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
  };
  const BlockedSignals blocked;
  return std::thread([name, body = std::move(body)] {
    ::pthread_setname_np(::pthread_self(), name);
    body();
  });
}

}  // namespace azure::iot::device
