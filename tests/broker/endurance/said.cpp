#include "broker/endurance/said.hpp"

#include <doctest/doctest.h>

#include "pipeline/auth/base64.hpp"
#include "pipeline/log.hpp"
#include "pipeline/text/url.hpp"

namespace azure::iot::device::test {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

// Texts of this length do not match by chance.
constexpr std::size_t kTellingSize = 10;

// The encodings in which a text may be found.
std::vector<std::string> forms(const std::string& secret) {
  std::vector<std::string> found{secret, url::quote(secret), url::quote(url::quote(secret)),
                                 encode_base64(secret), hex(secret)};
  if (const auto raw = decode_base64(secret); raw && raw->size() >= kTellingSize) {
    found.push_back(*raw);
    found.push_back(hex(*raw));
  }
  return found;
}

}  // namespace

Said::Said() {
  set_log_sink(LogLevel::debug, [this](const LogRecord& record) {
    add(std::string(record.component) + ' ' + std::string(record.client_id) + ' ' +
        std::string(record.text));
  });
}

Said::~Said() { set_log_sink(LogLevel::silent, {}); }

void Said::add(const std::string& text) {
  const std::lock_guard lock(mutex_);
  text_ += text + '\n';
}

void Said::add(const IotError& e) {
  add(e.what());
  for (const Error* error = &e.error(); *error; error = &error->cause()) {
    add(error->detail() + ' ' + error->describe());
  }
}

bool Said::thrown_by(const std::function<void()>& call) {
  try {
    call();
    return false;
  } catch (const IotError& e) {
    add(e);
  } catch (const std::exception& e) {
    add(e.what());
  }
  return true;
}

void Said::listen_to(IoTHubDeviceClient& client) {
  client.on_background_exception([this](const IotError& e) { add(e); });
  client.on_connection_state_change([this](const ConnectionStateChange& change) {
    if (!change.reason) return;
    add(change.reason->likely_cause);
    add(change.reason->text);
  });
}

std::string Said::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void check_absent(const std::vector<std::string>& secrets, const std::string& text) {
  for (const std::string& secret : secrets) {
    for (const std::string& form : forms(secret)) {
      REQUIRE(form.size() >= kTellingSize);
      const auto place = text.find(form);
      if (place != std::string::npos) {
        FAIL_CHECK("a secret is in ", text.substr(text.rfind('\n', place) + 1, 300));
      }
    }
  }
}

}  // namespace azure::iot::device::test
