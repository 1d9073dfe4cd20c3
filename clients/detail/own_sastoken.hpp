#pragma once

#include <memory>
#include <string_view>

#include "../../iothub/sas_uri.hpp"
#include "../../pipeline/auth/sastoken.hpp"

namespace azure::iot::device::detail {

// For whom a token that the application made gives access.
enum class TokenOwner { device, module };

// A token that the application made itself, checked.
struct OwnSasToken {
  std::shared_ptr<SasToken> token;
  HubSasUri gives_access_to;
};

// Throws std::invalid_argument, which names the rule that the text breaks, never the text: it is
// no token, it has expired, or it is not for one of these.
OwnSasToken read_own_sastoken(std::string_view text, TokenOwner owner, WallTime now);

// Throws std::invalid_argument if the token is for another than `expected`.
void check_same_identity(const HubSasUri& given, const HubSasUri& expected);

}  // namespace azure::iot::device::detail
