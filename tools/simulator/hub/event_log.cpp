#include "hub/event_log.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <system_error>

#include "common/crypto.hpp"

namespace azure::iot::device::simulator {

namespace {

std::string timestamp() {
  using namespace std::chrono;
  const auto now = floor<milliseconds>(system_clock::now());
  const std::time_t seconds = system_clock::to_time_t(floor<std::chrono::seconds>(now));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  const auto length = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>(now.time_since_epoch().count() % 1000));
  return std::string(date.data(), length) + fraction.data();
}

bool ends_in_half_a_line(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file || file.tellg() == std::ifstream::pos_type(0)) return false;
  file.seekg(-1, std::ios::end);
  return file.get() != '\n';
}

}  // namespace

EventLog::EventLog(const std::filesystem::path& path)
    : file_(open_for_append(path)), what_("cannot write " + path.string()) {
  // A broker killed while writing leaves half a line. Ends that line, so that the next one stands
  // alone.
  if (ends_in_half_a_line(path)) write_all(file_.get(), "\n", "cannot write the event log");
}

JsonObject EventLog::event(std::string_view kind) {
  JsonObject event;
  event.add("event", kind).add("time", timestamp());
  return event;
}

JsonObject EventLog::event(std::string_view kind, const Identity& identity) {
  JsonObject event = EventLog::event(kind);
  event.add("device_id", identity.device_id);
  if (!identity.module_id.empty()) event.add("module_id", identity.module_id);
  return event;
}

void EventLog::write(const JsonObject& event) { append_line(file_.get(), event.text(), what_); }

void EventLog::note(const JsonObject& event) {
  try {
    write(event);
  } catch (const std::system_error& error) {
    failure_ = error.what();
  }
}

void add_payload(JsonObject& event, std::string_view payload) {
  if (is_utf8(payload)) {
    event.add("payload", payload);
  } else {
    event.add("payload_b64", base64_encode(payload));
  }
}

}  // namespace azure::iot::device::simulator
