#include "pipeline/loop/thread.hpp"

#include <string>
#include <system_error>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace azure::iot::device {
namespace {

// Raised by the thread that causes the fault. The kernel kills a process in which the signal is
// blocked.
constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

// Set before the thread starts, and inherited: a signal could arrive before the new thread sets its
// own mask.
class ThreadSignals {
 public:
  ThreadSignals() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int fault : kFaults) ::sigdelset(&blocked, fault);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ThreadSignals(const ThreadSignals&) = delete;
  ThreadSignals& operator=(const ThreadSignals&) = delete;
  ~ThreadSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

std::thread start_thread(const char* name, std::function<void()> body) {
  const ThreadSignals signals;
  try {
    return std::thread([name, body = std::move(body)] {
      ::pthread_setname_np(::pthread_self(), name);
      body();
    });
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), std::string("The thread ") + name + " cannot be started");
  }
}

}  // namespace azure::iot::device
