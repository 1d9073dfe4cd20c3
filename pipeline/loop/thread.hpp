#pragma once

#include <functional>
#include <thread>

namespace azure::iot::device {

// Starts a thread with a name of up to 15 characters. Every thread of the library is started here.
// It blocks all signals that are sent to the process, since the application handles those. The ones
// that report a fault of the running code (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS,
// SIGABRT) stay unblocked, so that a crash reporter sees a handler that crashes. Throws
// std::system_error if the system has no thread left.
std::thread start_thread(const char* name, std::function<void()> body);

}  // namespace azure::iot::device
