#pragma once

#include <cstdint>

#include "pipeline/loop/time.hpp"

namespace azure::iot::device::simulation {

// Random numbers that are the same on every machine and with every standard library (SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed = 0) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // One of 0 ... `count` - 1.
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
  }
  // True `per_mille` times in a thousand. For 0 it draws no number.
  bool chance(std::uint32_t per_mille) { return per_mille != 0 && below(1000) < per_mille; }

  // At least `least`, less than `most`, in steps of a microsecond.
  Duration between(Duration least, Duration most) {
    const auto span = static_cast<std::uint64_t>((most - least).count() / 1000);
    return span == 0 ? least
                     : least + std::chrono::microseconds(static_cast<std::int64_t>(next() % span));
  }

  template <class T, std::uint32_t N>
  const T& one_of(const T (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace azure::iot::device::simulation
