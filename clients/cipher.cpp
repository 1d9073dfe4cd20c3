#include "clients/cipher.hpp"

#include <algorithm>

namespace azure::iot::device {

// Independent of the locale, since the names are ASCII.
Cipher::Cipher(std::string_view list) : text_(list) {
  std::transform(text_.begin(), text_.end(), text_.begin(), [](char c) {
    if (c == '_') return '-';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
}

Cipher::Cipher(std::initializer_list<std::string_view> names) {
  const char* separator = "";
  for (const std::string_view name : names) {
    text_.append(separator).append(Cipher(name).text());
    separator = ":";
  }
}

}  // namespace azure::iot::device
