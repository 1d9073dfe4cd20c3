#include "clients/detail/own_sastoken.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "clients/detail/text_checks.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device::detail {
namespace {

[[noreturn]] void refuse(const std::string& rule) {
  throw std::invalid_argument("sastoken: " + rule);
}

}  // namespace

OwnSasToken read_own_sastoken(std::string_view text, TokenOwner owner, WallTime now) {
  if (const auto rule = broken_text_rule(text)) refuse(*rule);
  auto token = NonRenewableSasToken::parse(text);
  if (!token) refuse("Invalid SasToken provided: " + token.error().detail());
  if ((*token)->expiry() < std::chrono::floor<std::chrono::seconds>(now)) {
    refuse("Provided SasToken has already expired; make another one, and check this clock");
  }
  auto identity = split_sas_uri((*token)->resource_uri());
  if (!identity) refuse(identity.error().detail());
  if (identity->hostname.empty()) refuse("its resource names no hub");
  if (identity->device_id.empty()) refuse("its resource names no device");
  if (owner == TokenOwner::device && !identity->module_id.empty()) {
    refuse("Provided SasToken is for a module; this client is that of a device");
  }
  if (owner == TokenOwner::module && identity->module_id.empty()) {
    refuse("Provided SasToken is for a device; this client is that of a module");
  }
  return {*std::move(token), *std::move(identity)};
}

void check_same_identity(const HubSasUri& given, const HubSasUri& expected) {
  const auto check = [](std::string_view what, const std::string& is, const std::string& must_be) {
    if (is == must_be) return;
    refuse("Provided SasToken does not match existing " + std::string(what) + " " +
           quoted(must_be) + "; it is for " + quoted(is));
  };
  check("device id", given.device_id, expected.device_id);
  check("module id", given.module_id, expected.module_id);
  check("hostname", given.hostname, expected.hostname);
}

}  // namespace azure::iot::device::detail
