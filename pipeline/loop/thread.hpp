#pragma once

#include <functional>
#include <thread>

namespace azure::iot::device {

// Starts a thread with a name of up to 15 characters, in which all signals are blocked: those are
// the application's business. Throws std::system_error if the system has no thread left.
std::thread start_thread(const char* name, std::function<void()> body);

}  // namespace azure::iot::device
