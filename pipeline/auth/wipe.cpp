#include "pipeline/auth/wipe.hpp"

#include <mbedtls/platform_util.h>

namespace azure::iot::device {

void wipe(std::string& secret) noexcept {
  secret.resize(secret.capacity());  // A longer earlier text may remain after the end.
  mbedtls_platform_zeroize(secret.data(), secret.size());
  secret.clear();
}

[[gnu::noinline]] void wipe_stack() noexcept {
  char frame[32 * 1024];
  mbedtls_platform_zeroize(frame, sizeof frame);
}

}  // namespace azure::iot::device
