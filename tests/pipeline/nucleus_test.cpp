#include "pipeline/nucleus.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "pipeline/proxy_options.hpp"

namespace azure::iot::device {

TEST_CASE("Nucleus: random numbers lie in [0, 1), all over it, and no two are the same") {
  std::set<double> numbers;
  for (int i = 0; i < 2000; ++i) numbers.insert(make_random());
  CHECK(numbers.size() == 2000);
  CHECK(*numbers.begin() >= 0.0);
  CHECK(*numbers.rbegin() < 1.0);
  // Each tenth has 200 values, give or take seven standard deviations.
  for (int tenth = 0; tenth < 10; ++tenth) {
    const auto count = std::count_if(numbers.begin(), numbers.end(), [tenth](double number) {
      return static_cast<int>(number * 10) == tenth;
    });
    CHECK(count > 100);
    CHECK(count < 300);
  }
}

TEST_CASE("Proxy options: credentials are shown where they prove something") {
  const auto shown = [](ProxyType type, const char* username, const char* password) {
    return shows_credentials({.type = type, .username = username, .password = password});
  };
  for (const ProxyType type : {ProxyType::http, ProxyType::socks5}) {
    CHECK(shown(type, "user", "password"));
    CHECK_FALSE(shown(type, "user", ""));
    CHECK_FALSE(shown(type, "", "password"));
    CHECK_FALSE(shown(type, "", ""));
  }
  CHECK(shown(ProxyType::socks4, "user", "password"));
  CHECK(shown(ProxyType::socks4, "user", ""));
  CHECK_FALSE(shown(ProxyType::socks4, "", "password"));
}

}  // namespace azure::iot::device
