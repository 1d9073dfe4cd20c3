#include "pipeline/proxy_options.hpp"

#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {

ProxyOptions::~ProxyOptions() { wipe(password); }

bool shows_credentials(const ProxyOptions& proxy) {
  return !proxy.username.empty() && (!proxy.password.empty() || proxy.type == ProxyType::socks4);
}

}  // namespace azure::iot::device
