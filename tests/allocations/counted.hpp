#pragma once

#include <cstddef>

namespace azure::iot::device::test {

// Bytes that malloc and its kin, and so `new`, were asked for since the process began. One thread's
// view, as in a program that has one.
std::size_t bytes_allocated();

}  // namespace azure::iot::device::test
