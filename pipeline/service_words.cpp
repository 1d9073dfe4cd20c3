#include "pipeline/service_words.hpp"

#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

std::string reason_in(const Json& said, std::string_view message_name) {
  if (!said.is_object()) return {};
  std::string reason;
  const auto add = [&](std::string_view before, const std::string& text) {
    reason.append(reason.empty() ? ": " : ", ").append(before).append(text);
  };
  if (const Json* code = said.find("errorCode"); code && code->is_number()) add("", code->dump());
  if (const Json* message = said.find(message_name); message && message->is_string()) {
    add("", quoted(message->as_string()));
  }
  if (const Json* id = said.find("trackingId"); id && id->is_string()) {
    add("tracking id ", quoted(id->as_string()));
  }
  return reason;
}

}  // namespace azure::iot::device
