#include "tests/transport/mqtt/steered_clock.hpp"

#include <atomic>
#include <cstring>

#include <dlfcn.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

std::atomic<Duration> skipped = Duration::zero();

bool is_of_libmosquitto(const void* code) {
  Dl_info info{};
  return ::dladdr(code, &info) != 0 && std::strstr(info.dli_fname, "libmosquitto") != nullptr;
}

}  // namespace

SteadyTime SteeredClock::steady_now() const { return read_system_steady_clock() + skipped.load(); }

WallTime SteeredClock::wall_now() const { return LoopClock::system()->wall_now() + skipped.load(); }

SteadyTime SteeredClock::on_system_clock(SteadyTime due) const { return due - skipped.load(); }

void skip(Duration time) { skipped = skipped.load() + time; }

}  // namespace azure::iot::device::test

// Replaces the C library's function in this program. libmosquitto reads its clock with it and gets
// the skipped time. Every other caller gets the system's time.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using namespace azure::iot::device;
  const long result = ::syscall(SYS_clock_gettime, clock, time);
  const Duration skipped = test::skipped.load();
  if (skipped != Duration::zero() && test::is_of_libmosquitto(__builtin_return_address(0))) {
    time->tv_sec += std::chrono::duration_cast<std::chrono::seconds>(skipped).count();
  }
  return static_cast<int>(result);
}
