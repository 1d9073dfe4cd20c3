#include "clients/enrollment_group.hpp"

#include <stdexcept>

#include "clients/detail/option_checks.hpp"
#include "clients/detail/provisioning_client_config.hpp"
#include "pipeline/auth/base64.hpp"
#include "pipeline/auth/symmetric_key.hpp"

namespace azure::iot::device {

std::string derive_device_key(std::string_view group_key, std::string_view registration_id) {
  detail::check_present("group_key", group_key);
  detail::check_registration_id(registration_id);
  // Unlike the key of a device, which is read as Python reads it, a group key has no Python
  // behaviour to keep.
  if (!is_strict_base64(group_key)) {
    throw std::invalid_argument("group_key: must be base64, with its padding and nothing else");
  }
  auto key = SymmetricKeySigningMechanism(group_key).sign(registration_id);
  if (!key) throw std::invalid_argument("group_key: cannot be used; " + key.error().describe());
  return *std::move(key);
}

}  // namespace azure::iot::device
