// The last accepted value of each rule, and the first rejected one.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "clients/cipher.hpp"
#include "clients/detail/option_checks.hpp"
#include "clients/detail/own_certificate.hpp"
#include "clients/detail/pem_text.hpp"
#include "clients/detail/text_checks.hpp"
#include "pipeline/auth/certificate_info.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class Check, class Value>
void check_limits(Check check, Value first, Value last, Value step = Value(1)) {
  CHECK(refusal_of([&] { check(first); }) == "");
  CHECK(refusal_of([&] { check(last); }) == "");
  CHECK(refusal_of([&] { check(first - step); }) != "");
  CHECK(refusal_of([&] { check(last + step); }) != "");
}

TEST_CASE("Option limits: numbers and times") {
  constexpr seconds kLongest{9'223'372'036};
  check_limits(detail::check_keep_alive, 1s, 1740s);
  check_limits(detail::check_connection_retry_interval, 1s, kLongest);
  check_limits(detail::check_operation_timeout, milliseconds(0), milliseconds(kLongest));
  check_limits(detail::check_max_in_flight, std::size_t{1}, std::size_t{65535});
}

TEST_CASE("Option limits: the ends of each range of code points that no text may have") {
  for (const char* text : {"\x01", "\x1f", "\x7f", "\u0080", "\u009f", "\ufdd0", "\ufdef", "\ufffe",
                           "\uffff", "\U0001fffe", "\U0001ffff", "\U0010ffff", "\xff"}) {
    CAPTURE(text);
    CHECK(detail::broken_text_rule(text));
  }
  for (const char* text : {"", " ", "~", "\u00a0", "\ufdcf", "\ufdf0", "\ufffd", "\U00010000"}) {
    CAPTURE(text);
    CHECK_FALSE(detail::broken_text_rule(text));
  }
  CHECK_FALSE(detail::broken_text_rule(std::string(65'535, 'x')));
  CHECK(detail::broken_text_rule(std::string(65'536, 'x')) ==
        "must be at most 65535 bytes long, and has 65536");
}

TEST_CASE("Option limits: an id is counted in characters, and 128 are the most") {
  const auto id_of = [](int characters, const std::string& each) {
    std::string id;
    for (int i = 0; i < characters; ++i) id += each;
    return refusal_of([&] { detail::check_id("device_id", id); });
  };
  for (const char* each : {"x", "\u00e9", "\u65e5", "\U0001f600"}) {
    CAPTURE(each);
    CHECK(id_of(128, each) == "");
    CHECK(id_of(129, each).starts_with(
        "device_id: must be at most 128 characters long, and has 129"));
  }
}

TEST_CASE("Option limits: a name that is not given, and one of a letter") {
  CHECK(refusal_of([] { detail::check_present("name", ""); }) == "name: must not be empty");
  CHECK(refusal_of([] { detail::check_present("name", "x"); }) == "");
}

TEST_CASE("Option limits: the name and the password of a proxy's user") {
  ProxyOptions proxy{.address = "p", .port = 1, .username = std::string(255, 'u')};
  proxy.password = std::string(255, 'p');
  const auto refused = [&] { return refusal_of([&] { detail::check_proxy_options(proxy); }); };
  CHECK(refused() == "");
  proxy.password += 'p';
  CHECK(refused().ends_with("must be at most 255 bytes long each"));
  proxy.password.clear();
  CHECK(refused() == "");
  proxy.username += 'u';
  CHECK(refused().ends_with("must be at most 255 bytes long each"));
  proxy.username.clear();
  CHECK(refused() == "");
  proxy.password = "p";
  CHECK(refused().ends_with("a password needs a username"));
  proxy = {.address = "p", .port = 65535};
  CHECK(refused() == "");
}

TEST_CASE("Option limits: what an address of a proxy may not contain") {
  for (const char c : {'/', '@', '?', '#', ' ', '\t', '\r', '\n'}) {
    CAPTURE(static_cast<int>(c));
    const ProxyOptions proxy{.address = std::string("proxy") + c + "x", .port = 1};
    CHECK(refusal_of([&] {
            detail::check_proxy_options(proxy);
          }).starts_with("proxy_options: address must be a name or an IP address"));
  }
  for (const char* address : {"proxy.test", "10.0.0.1", "::1", "x"}) {
    CHECK(refusal_of([&] { detail::check_proxy_options({.address = address, .port = 1}); }) == "");
  }
}

TEST_CASE("Option limits: a certificate is valid in its first and in its last second") {
  const X509 x509 = x509_of(make_server_certificate({.alternative_names = {}, .common_name = "d"}));
  const auto info = read_certificate_info(x509.certificate);
  REQUIRE(info);
  const auto at = [&](WallTime now) {
    return refusal_of([&] { detail::read_own_certificate(x509, now); });
  };
  CHECK(at(info->not_before) == "");
  CHECK(at(info->not_before - 1s).find(" is not valid before ") != std::string::npos);
  CHECK(at(info->not_after) == "");
  CHECK(at(info->not_after + 1s).find(" expired at ") != std::string::npos);
}

TEST_CASE("Option limits: a file of certificates may be almost a megabyte long, not more") {
  const TemporaryFolder folder;
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const auto read = [&](std::size_t size) {
    const std::string name = folder.write("file", begin + std::string(size - begin.size(), 'x'));
    std::size_t read_bytes = 0;
    const std::string refused = refusal_of([&] {
      read_bytes = detail::read_pem_text(name, "argument", "certificates", "BEGIN CERT").size();
    });
    CHECK((refused.empty() ? read_bytes == size : read_bytes == 0));
    return refused;
  };
  constexpr std::size_t kLargest = 1 << 20;
  CHECK(read(kLargest - 1) == "");
  CHECK(read(kLargest).ends_with("no file of that name can be read (File too large)"));
  CHECK(read(kLargest + 1).ends_with("no file of that name can be read (File too large)"));
}

TEST_CASE("Option limits: a text is taken as it is, also an empty one") {
  const auto read = [](const std::string& text) {
    return detail::read_pem_text(text, "argument", "a key", "-----BEGIN ");
  };
  CHECK(read("") == "");
  CHECK(read("-----BEGIN X\n") == "-----BEGIN X\n");
  CHECK(read("before\n-----BEGIN X") == "before\n-----BEGIN X");
  CHECK(refusal_of([&] { read("-----BEGIN"); }).starts_with("argument: must be a key as PEM text"));
}

TEST_CASE("Option limits: the letters of a cipher's name") {
  CHECK(Cipher("az_AZ-09").text() == "AZ-AZ-09");
  CHECK(Cipher("`{@[").text() == "`{@[");  // Neighbours of the letters in ASCII.
  CHECK(Cipher({"a"}).text() == "A");
  CHECK(Cipher({"a_b", "c_d", "e"}).text() == "A-B:C-D:E");
}

}  // namespace
}  // namespace azure::iot::device::test
