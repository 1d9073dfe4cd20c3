#pragma once

#include <string>
#include <string_view>

namespace azure::iot::device::detail {

// Returns the PEM text of an option or argument. A text that contains `begin` ("-----BEGIN
// CERTIFICATE") is returned itself; any other is the name of a file, which is read. An empty text
// stays empty. Throws std::invalid_argument, which names the argument and the rule. It never shows
// the text, since a text that names no file may be a key. `what` describes the expected contents.
std::string read_pem_text(const std::string& text_or_file, std::string_view argument,
                          std::string_view what, std::string_view begin);

}  // namespace azure::iot::device::detail
