#include "support/growth.hpp"

#include <memory>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"

namespace azure::iot::device {
namespace {
using growth::Case;

std::string name(std::size_t i) { return "property number " + std::to_string(i); }

Json object_of(std::size_t size) {
  Json made = Json::object();
  for (std::size_t i = 0; i < size; ++i) made.set(name(i), i);
  return made;
}

Json array_of(std::size_t size) {
  Json made = Json::array();
  for (std::size_t i = 0; i < size; ++i) made.push_back("element");
  return made;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

// Work on an object with this many members.
template <class F>
growth::Work on_object(F f) {
  return [f](std::size_t size) {
    auto object = std::make_shared<Json>(object_of(size));
    return [f, object, size] { f(*object, size); };
  };
}

growth::Work parse(std::string (*text)(std::size_t)) {
  return [text](std::size_t size) {
    return [text = text(size)] { static_cast<void>(Json::parse(text)); };
  };
}

TEST_CASE("Json: work grows with the number of members no faster than they do") {
  growth::check({
      {"set new members", 1000, [](std::size_t size) { return [size] { object_of(size); }; }},
      {"set them again", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) object.set(name(i), "new");
       })},
      {"find each", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) static_cast<void>(object.find(name(i)));
       })},
      {"look for others", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) static_cast<void>(object.find(name(size + i)));
       })},
      {"erase from the front", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) object.erase(name(i));
       })},
      {"erase from the end", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = size; i-- > 0;) object.erase(name(i));
       })},
      {"erase from the middle", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) object.erase(name((size / 2 + i) % size));
       })},
      {"erase every other, then the rest", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; i += 2) object.erase(name(i));
         for (std::size_t i = 1; i < size; i += 2) object.erase(name(i));
       })},
      {"erase whatever is first", 1000, on_object([](Json& object, std::size_t) {
         while (!object.empty()) object.erase(std::string(object.members().front().name));
       })},
      {"erase whatever is last", 1000, on_object([](Json& object, std::size_t) {
         while (!object.empty()) object.erase(std::string(object.members().back().name));
       })},
      {"erase whatever is second", 1000, on_object([](Json& object, std::size_t) {
         while (object.size() > 1) {
           object.erase(std::string(std::next(object.members().begin())->name));
         }
       })},
      {"erase and add in turns", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) {
           object.erase(name(i));
           object.set(name(size + i), i);
         }
       })},
      {"add and erase the same name", 1000, on_object([](Json& object, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) {
           object.set("another", i);
           object.erase("another");
         }
       })},
      {"copy", 1000, on_object([](Json& object, std::size_t) { Json copy = object; })},
      {"compare", 1000, on_object([](Json& object, std::size_t size) {
         Json reverse = Json::object();
         for (std::size_t i = size; i-- > 0;) reverse.set(name(i), i);
         CHECK(object == reverse);
       })},
      {"write", 1000,
       on_object([](Json& object, std::size_t) { static_cast<void>(object.dump()); })},
      {"write in order", 1000,
       on_object([](Json& object, std::size_t) { static_cast<void>(object.dump_sorted()); })},
      {"take apart", 1000,
       on_object([](Json& object, std::size_t) { static_cast<void>(Json(std::move(object))); })},
  });
}

TEST_CASE("Json: work grows with the length of a text no faster than it does") {
  growth::check({
      {"an object", 1000, parse([](std::size_t size) { return object_of(size).dump(); })},
      {"one name again and again", 1000,
       parse([](std::size_t size) { return "{" + repeat(R"("a": 1, )", size) + R"("a": 2})"; })},
      {"each name twice", 1000, parse([](std::size_t size) {
         const std::string half = object_of(size).dump();
         return half.substr(0, half.size() - 1) + ", " + half.substr(1);
       })},
      {"an array", 1000, parse([](std::size_t size) { return array_of(size).dump(); })},
      {"numbers", 1000,
       parse([](std::size_t size) { return "[" + repeat("-12.5e3, ", size) + "1]"; })},
      {"a long whole number", 10000, parse([](std::size_t size) { return repeat("9", size); })},
      {"a long fraction", 10000,
       parse([](std::size_t size) { return "0." + repeat("3", size) + "e-7"; })},
      {"a long exponent", 10000, parse([](std::size_t size) { return "1e" + repeat("0", size); })},
      {"a long string", 10000,
       parse([](std::size_t size) { return '"' + repeat("text ", size) + '"'; })},
      {"escapes", 10000,
       parse([](std::size_t size) { return '"' + repeat(R"(\ud83d\ude00\n)", size) + '"'; })},
      {"blanks", 10000, parse([](std::size_t size) { return repeat(" \n\t", size) + "1"; })},
      {"nested arrays", 100, parse([](std::size_t size) {
         return "[" + repeat(repeat("[", 200) + repeat("]", 200) + ",", size) + "1]";
       })},
      {"nested objects", 100, parse([](std::size_t size) {
         return "[" + repeat(repeat(R"({"a":)", 200) + "1" + repeat("}", 200) + ",", size) + "1]";
       })},
      {"an error at the end", 1000,
       parse([](std::size_t size) { return object_of(size).dump() + "x"; })},
      {"not UTF-8 at the end", 10000,
       parse([](std::size_t size) { return '"' + repeat("text ", size) + "\xff\""; })},
  });
}

}  // namespace
}  // namespace azure::iot::device
