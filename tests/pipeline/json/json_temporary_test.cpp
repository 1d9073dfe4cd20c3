// Reads of temporaries. A sanitizer detects each reference that outlives its object.
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "pipeline/json/json.hpp"

namespace azure::iot::device {
namespace {

const std::string kText(100, 'x');

Json twin() {
  return Json{{"desired", {{"room", kText}, {"tags", Json::array({kText, 2})}, {"interval", 5}}}};
}
const Json const_twin() { return twin(); }

}  // namespace

TEST_CASE("Json: what is read of a temporary lives on its own") {
  const Json& desired = twin()["desired"];
  const Json& tags = twin().at("desired").at("tags");
  const Json& first = twin()["desired"]["tags"][0];
  const Json& second = twin()["desired"]["tags"].at(1);
  const std::string& room = twin()["desired"]["room"].as_string();
  const Json& parsed = Json::parse_or_throw(twin().dump())["desired"];
  CHECK(desired == twin()["desired"]);
  CHECK(tags.size() == 2);
  CHECK(first == kText);
  CHECK(second == 2);
  CHECK(room == kText);
  CHECK(parsed == desired);
  CHECK(twin()["desired"]["interval"].as_int() == 5);
  CHECK_THROWS_AS(twin()["reported"], std::out_of_range);
  CHECK_THROWS_AS(twin().as_string(), std::invalid_argument);
}

TEST_CASE("Json: a loop over the members or elements of a temporary has them to the end") {
  std::string names;
  for (const auto& member : twin()["desired"].members()) names += member.name + ' ';
  CHECK(names == "room tags interval ");
  std::size_t length = 0;
  for (const Json& tag : twin()["desired"]["tags"].elements()) length += tag.dump().size();
  CHECK(length == kText.size() + 3);
  CHECK(twin()["desired"].members().front().value == kText);
  CHECK(twin()["desired"].members().back().name == "interval");
  CHECK(twin()["desired"].members()[1].name == "tags");
  CHECK(twin()["desired"]["tags"].elements()[1] == 2);
  CHECK(twin()["desired"]["tags"].elements().front() == kText);
  CHECK(twin()["desired"]["tags"].elements().back() == 2);
  CHECK_THROWS_AS(twin().elements(), std::invalid_argument);
  CHECK_THROWS_AS(twin()["desired"]["room"].members(), std::invalid_argument);
}

TEST_CASE("Json: the elements of a temporary read like those of a named value") {
  const Json named = twin()["desired"]["tags"];
  const std::span<const Json> lent = named.elements();
  const auto owned = twin()["desired"]["tags"].elements();
  CHECK(owned.size() == lent.size());
  CHECK_FALSE(owned.empty());
  CHECK(owned[0] == lent[0]);
  CHECK(owned.front() == lent.front());
  CHECK(owned.back() == lent.back());
  CHECK(owned.end() - owned.begin() == 2);
  CHECK(Json::array(Json::Array(twin()["desired"]["tags"].elements())) == named);
}

TEST_CASE("Json: a search in a temporary finds the value itself, or nothing") {
  if (const auto room = twin()["desired"].find("room")) {
    CHECK(room->as_string() == kText);
    CHECK(*room == kText);
  } else {
    FAIL("not found");
  }
  CHECK(*twin()["desired"].find("interval") == 5);
  CHECK_FALSE(twin().find("reported"));
  CHECK(twin().find("reported") == nullptr);
  CHECK(twin().find("reported").value_or(7) == 7);
  CHECK(twin()["desired"].find("interval").value_or(7) == 5);
  const std::string& text = *twin()["desired"]["room"].get_if<std::string>();
  CHECK(text == kText);
  CHECK_FALSE(twin().get_if<std::string>());
  CHECK(twin()["desired"]["interval"].get_if<int>() == 5);
  const std::optional<std::string> copy = twin()["desired"]["room"].get_if<std::string>();
  CHECK(copy == kText);
  auto named = twin().find("desired");
  named->at("interval") = 6;
  CHECK((*named)["interval"] == 6);
  const std::optional<Json> found = named;
  CHECK(found == *named);
}

TEST_CASE("Json: a part of a temporary is moved out, not copied") {
  Json value = twin();
  const char* const room = value["desired"]["room"].as_string().data();
  const Json* const tags = value["desired"]["tags"].elements().data();
  Json desired = std::move(value)["desired"];
  CHECK(desired["room"].as_string().data() == room);
  const Json::Array elements = std::move(desired.at("tags")).elements();
  CHECK(elements.data() == tags);
  CHECK(std::move(desired).at("room").as_string().data() == room);
}

TEST_CASE("Json: a constant temporary is copied from") {
  const std::string& room = const_twin()["desired"]["room"].as_string();
  CHECK(room == kText);
  CHECK(const_twin().at("desired") == twin()["desired"]);
  CHECK(const_twin().members().size() == 1);
  CHECK(*const_twin().find("desired") == twin()["desired"]);
  const Json tags = twin()["desired"]["tags"];
  CHECK(std::move(tags).elements()[0] == kText);
  CHECK(std::move(tags)[1] == 2);
  CHECK(std::move(tags).at(0) == kText);
  CHECK(*std::move(tags)[0].get_if<std::string>() == kText);
  CHECK(tags == twin()["desired"]["tags"]);
}

TEST_CASE("Json: a patch is built in one expression, and belongs to its name") {
  const Json& patch = Json().set("interval", 60).set("tags", Json().push_back(kText).push_back(2));
  CHECK(patch.dump() == R"({"interval": 60, "tags": [")" + kText + R"(", 2]})");
}

TEST_CASE("Json: braces in an array make what they would make alone") {
  CHECK(Json::array({{{"a", 1}}, {{"b", 2}, {"c", 3}}}).dump() ==
        R"([{"a": 1}, {"b": 2, "c": 3}])");
  CHECK(Json::array({Json{{"a", 1}}}).dump() == R"([{"a": 1}])");
  CHECK(Json::array({"a", 1}).dump() == R"(["a", 1])");
  CHECK(Json::array({"a", "b"}).dump() == R"(["a", "b"])");
  CHECK(Json::array({Json::array({"a", 1})}).dump() == R"([["a", 1]])");
  CHECK(Json::array({}).dump() == "[]");
  CHECK(Json::array(Json::Array{1, 2}).dump() == "[1, 2]");
}

TEST_CASE("Json: a stream receives the text") {
  std::ostringstream out;
  out << twin()["desired"]["tags"] << ' ' << Json();
  CHECK(out.str() == "[\"" + kText + "\", 2] null");
}

}  // namespace azure::iot::device
