#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device::detail {

// The PEM text that an option or argument stands for: the text itself where it has a line that
// begins like `begin` ("-----BEGIN CERTIFICATE"), else that of the file of this name; an empty one
// stays empty. Throws std::invalid_argument, which names the argument and the rule, and never shows
// the text: what names no file may be a key. `what` says what is looked for.
std::string read_pem_text(const std::string& text_or_file, std::string_view argument,
                          std::string_view what, std::string_view begin);

}  // namespace azure::iot::device::detail
