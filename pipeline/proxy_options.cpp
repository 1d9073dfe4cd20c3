#include "pipeline/proxy_options.hpp"

#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {

ProxyOptions::~ProxyOptions() { wipe(password); }

}  // namespace azure::iot::device
