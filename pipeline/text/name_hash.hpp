#pragma once

#include <cstdint>
#include <string_view>

namespace azure::iot::device {

// Hashes a name that a peer may have chosen. The hash depends on a random key of this process, so
// that names cannot be chosen to collide (SipHash-1-3).
std::uint64_t hash_name(std::string_view name);

}  // namespace azure::iot::device
