#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// Tables of the options that factories take, by their names in Python. The compiler fills them in.
namespace azure::iot::device::conformance::wire {

template <std::size_t factories>
struct OptionRow {
  std::string_view name;
  std::array<bool, factories> taken;
};

// A row: for which types of options a program that names the option compiles.
template <class... Options, class Has>
constexpr OptionRow<sizeof...(Options)> option_row(std::string_view name, const Has& has) {
  return {name, {has(static_cast<const Options*>(nullptr))...}};
}

// Whether a program that names the option compiles, for the type of a pointer.
#define AZURE_IOT_HAS(option)                   \
  []<class Options>(const Options*) {           \
    return requires { Options{.option = {}}; }; \
  }

// Whether the factory takes the option; nothing if there is no such factory.
template <std::size_t factories, std::size_t rows>
std::optional<bool> is_taken(const std::array<OptionRow<factories>, rows>& table,
                             const std::array<std::string_view, factories>& names,
                             std::string_view factory, std::string_view option) {
  for (std::size_t column = 0; column < factories; ++column) {
    if (names[column] != factory) continue;
    for (const auto& row : table) {
      if (row.name == option) return row.taken[column];
    }
    return false;
  }
  return std::nullopt;
}

}  // namespace azure::iot::device::conformance::wire
