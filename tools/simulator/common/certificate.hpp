// Facts that the services read from the certificates of devices and of the authorities that signed
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

// The SHA-256 of the first certificate in a PEM text, in lower-case hexadecimal digits; nothing if
// there is none.
std::optional<std::string> thumbprint_of(std::string_view pem);

// Whether the authority whose certificate stands first in a PEM text signed this one (DER)
// directly, without an intermediate, and both are valid now.
bool is_signed_by(std::string_view der, std::string_view authority);

}  // namespace azure::iot::device::simulator
