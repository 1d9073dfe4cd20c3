#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/json/json.hpp"

namespace azure::iot::device {
namespace {

bool equal(double real, const std::string& text) {
  const Json parsed = Json::parse_or_throw(text);
  CHECK((Json(real) == parsed) == (parsed == Json(real)));
  return Json(real) == parsed;
}

}  // namespace

TEST_CASE("Json: an integer of any length equals the floating point number of the same value") {
  CHECK(equal(1e20, "100000000000000000000"));
  CHECK(equal(-1e20, "-100000000000000000000"));
  CHECK(equal(1e23, "99999999999999991611392"));
  CHECK(equal(0x1p64, "18446744073709551616"));
  CHECK(equal(-0x1p63, "-9223372036854775808"));
  CHECK(equal(0x1p100, "1267650600228229401496703205376"));
  CHECK(equal(1.0, "1"));
  CHECK(equal(-0.0, "0"));
  const std::string largest =
      "1797693134862315708145274237317043567980705675258449965989174768031572607800285387605"
      "8955863276687817154045895351438246423432132688946418276846754670353751698604991057655"
      "1282076245490090389328944075868508455133942304583236903222948165808559332123348274797"
      "826204144723168738177180919299881250404026184124858368";
  CHECK(equal(std::numeric_limits<double>::max(), largest));
  CHECK(equal(-std::numeric_limits<double>::max(), "-" + largest));
}

TEST_CASE("Json: an integer that a floating point number only comes near is another one") {
  CHECK_FALSE(equal(1e20, "100000000000000000001"));
  CHECK_FALSE(equal(1e20, "-100000000000000000000"));
  CHECK_FALSE(equal(1e23, "100000000000000000000000"));
  CHECK_FALSE(equal(9007199254740992.0, "9007199254740993"));
  CHECK_FALSE(equal(0.5, "100000000000000000000"));
  const std::string huge = "1" + std::string(400, '0');
  CHECK_FALSE(equal(std::numeric_limits<double>::infinity(), huge));
  CHECK_FALSE(equal(std::numeric_limits<double>::max(), huge));
  CHECK_FALSE(equal(std::numeric_limits<double>::quiet_NaN(), huge));
}

TEST_CASE("Json: true is not 1") {
  CHECK_FALSE(Json(true) == Json(1));
  CHECK_FALSE(Json(false) == Json(0.0));
}

}  // namespace azure::iot::device
