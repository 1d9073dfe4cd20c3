#include "clients/detail/text_checks.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include "clients/detail/option_checks.hpp"
#include "pipeline/auth/base64.hpp"
#include "pipeline/text/quoted.hpp"
#include "pipeline/text/text.hpp"
#include "pipeline/text/url.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device::detail {
namespace {

// Code points that Unicode reserves for internal use. libmosquitto refuses them.
bool is_noncharacter(char32_t c) { return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE; }

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool is_ipv6_address(std::string_view host) {
  in6_addr address;
  const std::string without_zone(host.substr(0, host.find('%')));
  return ::inet_pton(AF_INET6, without_zone.c_str(), &address) == 1;
}

bool may_stand_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool has_blank(std::string_view text) {
  return std::any_of(kBlanks.begin(), kBlanks.end(),
                     [&](std::string_view blank) { return text.find(blank) != text.npos; });
}

// Whether the labels between the dots have a length that name servers accept.
bool has_good_labels(std::string_view name) {
  constexpr std::size_t kLongestLabel = 63;
  if (name.ends_with('.')) name.remove_suffix(1);
  for (bool more = true; more;) {
    const std::string_view label = take_part(name, '.', more);
    if (label.empty() || label.size() > kLongestLabel) return false;
  }
  return true;
}

// Returns the rule that the text of a host breaks; empty for a valid host name or address.
std::string_view mistake_in_host(std::string_view host) {
  constexpr std::size_t kLongestName = 254;  // Includes the final dot.
  if (host.find("://") != host.npos) return "without a scheme such as https://";
  if (has_blank(host)) return "without blanks";
  if (is_ipv6_address(host)) return {};
  if (host.find_first_of("/\\?#") != host.npos) return "without a path";
  if (host.find('@') != host.npos) return "without a user";
  if (host.starts_with('[')) return "without brackets around an address";
  if (host.find(':') != host.npos) return "without a port, which is an option of its own";
  if (!std::all_of(host.begin(), host.end(), may_stand_in_name)) {
    return "of letters, digits and the characters - _ .";
  }
  if (host.size() > kLongestName) return "of at most 253 bytes";
  if (!has_good_labels(host)) return "with 1 to 63 bytes between the dots";
  return {};
}

// Hides a connection string, token or key in the wrong argument, and a password before an @.
std::string without_secrets(std::string_view text) {
  constexpr std::size_t kShortestKey = 24;
  const std::string_view stripped = strip(text);
  if (text.find("SharedAccess") != text.npos || text.find("sig=") != text.npos ||
      (stripped.size() >= kShortestKey && stripped.ends_with('=') && is_strict_base64(stripped))) {
    return "a text that may be a secret";
  }
  const std::size_t at = text.find("://") != text.npos ? text.rfind('@') : text.npos;
  return at == text.npos ? std::string(text) : "..." + std::string(text.substr(at));
}

[[noreturn]] void refuse_text(std::string_view argument, std::string_view rule,
                              std::string_view text) {
  refuse(argument, rule, without_secrets(text));
}

}  // namespace

std::optional<std::string> broken_text_rule(std::string_view text, std::size_t longest) {
  if (text.size() > longest) {
    return "must be at most " + std::to_string(longest) + " bytes long, and has " +
           std::to_string(text.size());
  }
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_utf8(text, at);
    if (!step.valid) return "must be valid UTF-8";
    if (is_control(step.code_point)) {
      return "must not contain control characters, such as a line break";
    }
    if (is_noncharacter(step.code_point)) {
      return "must not contain code points that are not characters";
    }
    at += step.length;
  }
  return std::nullopt;
}

void check_text(std::string_view argument, std::string_view text, std::size_t longest) {
  if (const auto rule = broken_text_rule(text, longest)) refuse_text(argument, *rule, text);
}

void check_id(std::string_view argument, std::string_view id) {
  constexpr std::size_t kLongest = 128;
  check_text(argument, id);
  if (const std::size_t count = characters_in(id); count > kLongest) {
    refuse_text(argument, "must be at most 128 characters long, and has " + std::to_string(count),
                id);
  }
}

void check_hub_id(std::string_view argument, std::string_view id) {
  check_id(argument, id);
  if (id.find_first_of("+#") != id.npos) {
    refuse_text(argument, "must not contain + or #, which are wildcards in the topics of MQTT", id);
  }
}

void check_host_name(std::string_view argument, std::string_view host) {
  check_present(argument, host);
  if (const auto rule = broken_text_rule(host)) refuse_text(argument, *rule, host);
  if (const std::string_view mistake = mistake_in_host(host); !mistake.empty()) {
    refuse_text(argument, "must be the name of a host alone, " + std::string(mistake), host);
  }
}

void check_product_info(std::string_view product_info) {
  check_text("product_info", product_info);
  if (url::quoted_size(product_info) <= kLongestInUserName) return;
  refuse_text("product_info",
              "must be at most " + std::to_string(kLongestInUserName) +
                  " bytes long in the user name, where all but letters, digits and _.-~ take three",
              product_info);
}

}  // namespace azure::iot::device::detail
