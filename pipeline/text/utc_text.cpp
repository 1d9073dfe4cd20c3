#include "pipeline/text/utc_text.hpp"

#include <ctime>

namespace azure::iot::device {

std::string utc_text(WallTime time) {
  const auto since = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
  const std::time_t seconds = since.count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

}  // namespace azure::iot::device
