#include "pipeline/auth/wipe.hpp"

#include <mbedtls/platform_util.h>

namespace azure::iot::device {

void wipe(std::string& secret) noexcept {
  secret.resize(secret.capacity());  // What was longer before may still stand behind the end.
  mbedtls_platform_zeroize(secret.data(), secret.size());
  secret.clear();
}

}  // namespace azure::iot::device
