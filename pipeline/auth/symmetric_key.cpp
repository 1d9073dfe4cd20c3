#include "pipeline/auth/symmetric_key.hpp"

#include <array>
#include <stdexcept>

#include <mbedtls/md.h>

#include "pipeline/auth/base64.hpp"
#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

SymmetricKeySigningMechanism::SymmetricKeySigningMechanism(std::string_view key) {
  std::optional<std::string> decoded = decode_base64(key);
  if (!decoded) {
    throw std::invalid_argument("Invalid Symmetric Key: it must be base64, with its padding");
  }
  signing_key_.swap(*decoded);
}

SymmetricKeySigningMechanism::~SymmetricKeySigningMechanism() { wipe(signing_key_); }

Result<std::string> SymmetricKeySigningMechanism::sign(std::string_view data) {
  std::array<unsigned char, 32> digest;
  const mbedtls_md_info_t* sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  if (!sha256 || mbedtls_md_hmac(sha256, bytes_of(signing_key_), signing_key_.size(),
                                 bytes_of(data), data.size(), digest.data()) != 0) {
    return Error(Errc::sas_token, "HMAC-SHA256 is not available");
  }
  return encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace azure::iot::device
