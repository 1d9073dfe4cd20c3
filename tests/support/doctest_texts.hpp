#pragma once

#include <string>

#include <doctest/doctest.h>

#include "pipeline/error.hpp"
#include "pipeline/nucleus.hpp"

// So that a failed check shows what it compared.
namespace azure::iot::device {

inline doctest::String toString(Errc code) { return std::string(to_string(code)).c_str(); }
inline doctest::String toString(ConnectionState state) {
  return std::string(to_string(state)).c_str();
}

}  // namespace azure::iot::device
