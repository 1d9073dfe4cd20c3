#include "transport/tunnel/upgrade.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <openssl/evp.h>

#include "pipeline/auth/base64.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

constexpr std::string_view kPath = "/$iothub/websocket";
constexpr std::string_view kProtocol = "mqtt";
constexpr std::string_view kEnd = "\r\n\r\n";

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    at += 2;
    const std::size_t end = head.find("\r\n", at);
    const std::string_view line = head.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && same_ignoring_case(line.substr(0, colon), name)) {
      return trimmed(line.substr(colon + 1));
    }
    at = end;
  }
  return std::nullopt;
}

// Whether a header with this name has `word` among its comma-separated words.
bool has_word(std::string_view head, std::string_view name, std::string_view word) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!same_ignoring_case(line.substr(0, colon), name)) continue;
    for (std::string_view rest = line.substr(colon + 1); !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find(','));
      if (same_ignoring_case(trimmed(one), word)) return true;
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    }
  }
  return false;
}

// Computes the Sec-WebSocket-Accept that a WebSocket server derives from the key (RFC 6455 section
// 4.2.2).
std::string accept_for(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return encode_base64({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

Upgrade::Upgrade(const std::string& hostname, std::uint16_t port, std::string key)
    : server_((hostname.find(':') == std::string::npos ? hostname : "[" + hostname + "]") + ":" +
              std::to_string(port)),
      key_(std::move(key)) {}

std::string Upgrade::request() const {
  std::string text = "GET ";
  text += kPath;
  text += " HTTP/1.1\r\nHost: " + server_ + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  text += "Origin: https://" + server_ + "\r\nSec-WebSocket-Key: " + key_ + "\r\n";
  text += "Sec-Websocket-Version: 13\r\nSec-Websocket-Protocol: ";
  text += kProtocol;
  text += kEnd;
  return text;
}

std::size_t Upgrade::head_size(std::string_view text, std::size_t before) {
  const std::size_t end = text.find(kEnd, before - std::min(before, kEnd.size() - 1));
  return end == std::string_view::npos ? 0 : end + kEnd.size();
}

Error Upgrade::check(std::string_view head) const {
  const auto refuse = [this](std::string why) {
    return Error(Errc::connection_failed, server_ + " makes no WebSocket: " + std::move(why) +
                                              "; check that it is an IoT hub or a gateway");
  };
  const std::string_view status = head.substr(0, head.find("\r\n"));
  if (!status.starts_with("HTTP/1.1 101")) {
    return refuse("it answered " + quoted(status, 100));
  }
  const auto upgrade = header(head, "Upgrade");
  if (!upgrade || !same_ignoring_case(*upgrade, "websocket")) {
    return refuse("its answer has no Upgrade to websocket");
  }
  const auto accept = header(head, "Sec-WebSocket-Accept");
  if (!accept || *accept != accept_for(key_)) return refuse("its answer is to another question");
  if (!has_word(head, "Connection", "upgrade")) {
    return refuse("its answer does not say that this connection is upgraded");
  }
  const auto protocol = header(head, "Sec-WebSocket-Protocol");
  if (!protocol || *protocol != kProtocol) return refuse("it does not speak MQTT there");
  return {};
}

}  // namespace azure::iot::device
