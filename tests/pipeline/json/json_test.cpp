#include "pipeline/json/json.hpp"

#include <limits>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

Json nested_arrays(std::size_t depth) {
  Json nested;
  for (std::size_t i = 0; i < depth; ++i) {
    Json outer;
    outer.push_back(std::move(nested));
    nested = std::move(outer);
  }
  return nested;
}

}  // namespace

TEST_CASE("Json: what is built in braces reads like what it dumps") {
  const Json built{{"temperature", 21.5},
                   {"tags", Json::array({"attic", 2, true, nullptr})},
                   {"nested", {{"deep", {{"a", 1}}}}},
                   {"empty", Json::object()}};
  CHECK(built.dump() ==
        R"({"temperature": 21.5, "tags": ["attic", 2, true, null], "nested": {"deep": {"a": 1}}, )"
        R"("empty": {}})");
  CHECK(Json{{"name", "text"}}.is_object());
  CHECK(Json().is_null());
  CHECK(Json::array().dump() == "[]");
}

TEST_CASE("Json: a member is found by its name, and reading never adds one") {
  Json twin{{"desired", {{"$version", 7}, {"interval", 30}}}};
  CHECK(twin["desired"]["$version"].as_int() == 7);
  CHECK(twin.find("reported") == nullptr);
  CHECK(Json(5).find("x") == nullptr);
  CHECK(twin.contains("desired"));
  CHECK(twin.size() == 1);
  twin.at("desired").at("interval") = 60;
  CHECK(twin.dump() == R"({"desired": {"$version": 7, "interval": 60}})");
}

TEST_CASE("Json: a missing member or element is named in the exception") {
  const Json twin{{"desired", Json::array({1})}};
  CHECK_THROWS_WITH_AS(twin["reported"], "JSON: there is no member 'reported'", std::out_of_range);
  CHECK_THROWS_WITH_AS(twin["desired"]["x"],
                       "JSON: an object with the member 'x' was expected, but this is an array",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(twin["desired"][1], "JSON: there is no element 1 in an array of 1",
                       std::out_of_range);
}

TEST_CASE("Json: a value of another kind is refused, or nothing for who asks by get_if") {
  const Json text("secret");
  CHECK_THROWS_WITH_AS(text.as_int(), "JSON: an integer was expected, but this is a string",
                       std::invalid_argument);
  CHECK_THROWS_AS(Json(1.0).as_int(), std::invalid_argument);
  CHECK_THROWS_AS(Json(1).as_string(), std::invalid_argument);
  CHECK_THROWS_AS(Json(1).as_bool(), std::invalid_argument);
  CHECK_THROWS_AS(Json(true).as_double(), std::invalid_argument);
  CHECK(!text.get_if<int>());
  CHECK(!text.get_if<bool>());
  CHECK(!text.get_if<double>());
  CHECK(Json(1).get_if<std::string>() == nullptr);
  CHECK(*text.get_if<std::string>() == "secret");
}

TEST_CASE("Json: a number that does not fit is refused") {
  CHECK(Json(300).get_if<int>() == 300);
  CHECK(!Json(300).get_if<unsigned char>());
  CHECK(!Json(-1).get_if<unsigned>());
  CHECK_THROWS_AS(Json(-1).as_uint(), std::out_of_range);
  const Json large(std::numeric_limits<std::uint64_t>::max());
  CHECK(large.as_uint() == std::numeric_limits<std::uint64_t>::max());
  CHECK_THROWS_AS(large.as_int(), std::out_of_range);
  CHECK(large.as_double() == 18446744073709551616.0);
  CHECK(Json::parse_or_throw(std::string(400, '9')).as_double() ==
        std::numeric_limits<double>::infinity());
}

TEST_CASE("Json: a member that is set anew keeps its place") {
  Json object;
  object.set("b", 1).set("a", 2).set("b", 3);
  CHECK(object.dump() == R"({"b": 3, "a": 2})");
  CHECK(object.dump_sorted() == R"({"a": 2, "b": 3})");
  CHECK(object.erase("b"));
  CHECK_FALSE(object.erase("b"));
  CHECK(object.set("b", 4).dump() == R"({"a": 2, "b": 4})");
  CHECK_THROWS_AS(Json(1).set("a", 1), std::invalid_argument);
  CHECK_THROWS_AS(Json(1).push_back(1), std::invalid_argument);
}

TEST_CASE("Json: an object of many members finds, replaces and drops each of them") {
  Json object;
  for (int i = 0; i < 1000; ++i) object.set("name" + std::to_string(i * 7919 % 1000), i);
  CHECK(object.size() == 1000);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(object["name" + std::to_string(i * 7919 % 1000)].as_int() == i);
  }
  object.set("name0", "new");
  CHECK(object.members().front().value == "new");
  for (int i = 0; i < 1000; i += 2) REQUIRE(object.erase("name" + std::to_string(i)));
  CHECK(object.size() == 500);
  CHECK_FALSE(object.contains("name998"));
  for (int i = 1; i < 1000; i += 2) REQUIRE(object.contains("name" + std::to_string(i)));
}

TEST_CASE("Json: copies are deep and moves leave null behind") {
  Json original{{"a", Json::array({1, Json{{"b", 2}}})}};
  Json copy = original;
  copy.at("a").at(1).set("b", 3);
  CHECK(original["a"][1]["b"] == 2);
  const Json moved = std::move(copy);
  CHECK(copy.is_null());
  CHECK(moved["a"][1]["b"] == 3);
  original = std::move(original.at("a"));  // A part of the value that it replaces.
  CHECK(original.dump() == R"([1, {"b": 2}])");
}

TEST_CASE("Json: values compare as in Python") {
  CHECK(Json{{"a", 1}, {"b", 2}} == Json{{"b", 2}, {"a", 1}});
  CHECK(Json{{"a", 1}} != Json{{"a", 2}});
  CHECK(Json{{"a", 1}} != Json{{"b", 1}});
  CHECK(Json::array({1, 2}) != Json::array({2, 1}));
  CHECK(Json(1) == Json(1.0));
  CHECK(Json(9007199254740993) != Json(9007199254740992.0));
  CHECK(Json(std::numeric_limits<std::uint64_t>::max()) != Json(18446744073709551616.0));
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()) !=
        Json(std::numeric_limits<double>::quiet_NaN()));
  CHECK(Json() != Json(false));
  CHECK(Json(0) != Json(false));
  CHECK(Json::array() != Json::object());
}

TEST_CASE("Json: text that is not UTF-8 is refused where it is put in") {
  CHECK_THROWS_WITH_AS(Json("ab\xff"), "JSON: text must be UTF-8, but byte 2 of 3 is not",
                       std::invalid_argument);
  CHECK_THROWS_AS(Json().set("\xc3", 1), std::invalid_argument);
  CHECK_THROWS_AS((Json{{"\xc3", 1}}), std::invalid_argument);
}

TEST_CASE("Json: values nested deeper than any stack are copied, compared, dumped and destroyed") {
  constexpr std::size_t kDepth = 100'000;
  const Json deep = nested_arrays(kDepth);
  const Json copy = deep;
  CHECK(copy == deep);
  CHECK(copy.dump().size() == 2 * kDepth + 4);
}

}  // namespace azure::iot::device
