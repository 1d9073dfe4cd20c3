#include <string>

#include <doctest/doctest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "threads/loop_probe.hpp"

namespace azure::iot::device {
namespace {

// The exit status of a run of the program; 128 and the signal if one ended it, -1 if it hangs.
int end_of(const std::string& way) {
  const std::string program = TEST_BIN_DIR "/exit-program";
  const char* const arguments[] = {program.c_str(), way.c_str(), nullptr};
  pid_t child = -1;
  REQUIRE(::posix_spawn(&child, program.c_str(), nullptr, nullptr,
                        const_cast<char* const*>(arguments), environ) == 0);
  int status = -1;
  if (!eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; })) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return -1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The programs destroy static objects while threads use them, which is what exit() does. The thread
// sanitizer reports that of the programs themselves.
#ifdef __SANITIZE_THREAD__
#define UNLESS_SANITIZED *doctest::skip()
#else
#define UNLESS_SANITIZED
#endif

TEST_CASE("Exit: a program may end anywhere while clients live and handlers run" UNLESS_SANITIZED) {
  constexpr int kTimes = 5;
  for (const char* const way :
       {"return-with-static-client", "return-with-many-static-clients",
        "return-with-local-static-client", "return-with-static-loop", "exit-beside-handlers",
        "exit-in-handler", "exit-in-handler-of-local-client", "exit-on-loop", "exit-beside-call",
        "exit-on-another-thread"}) {
    CAPTURE(std::string(way));
    for (int i = 0; i < kTimes; ++i) CHECK(end_of(way) == 0);
  }
}

}  // namespace
}  // namespace azure::iot::device
