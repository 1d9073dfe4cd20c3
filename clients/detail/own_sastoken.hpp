#pragma once

#include <memory>
#include <string_view>

#include "../../iothub/sas_uri.hpp"
#include "../../pipeline/auth/sastoken.hpp"

namespace azure::iot::device::detail {

// Kind of identity that a token from the application gives access to.
enum class TokenOwner { device, module };

// A checked token that the application created.
struct OwnSasToken {
  std::shared_ptr<SasToken> token;
  HubSasUri gives_access_to;
};

// Throws std::invalid_argument if the text is not a token, has expired, or is not for `owner`. The
// exception names the broken rule, never the text.
OwnSasToken read_own_sastoken(std::string_view text, TokenOwner owner, WallTime now);

// Throws std::invalid_argument if the token is for an identity other than `expected`.
void check_same_identity(const HubSasUri& given, const HubSasUri& expected);

}  // namespace azure::iot::device::detail
