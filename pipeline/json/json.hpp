#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../result.hpp"
#include "../text/named_list.hpp"
#include "found.hpp"
#include "own_elements.hpp"

namespace azure::iot::device {

struct JsonMember;

// A JSON value: a twin, a patch, the payload of a method. Copies are deep, moves are cheap. An
// object keeps its members in the order of insertion, as a Python dict does.
//
//   Json patch{{"temperature", 21.5}, {"tags", Json::array({"attic", "north"})}};
//   std::int64_t version = twin["desired"]["$version"].as_int();
//   if (const Json* interval = twin["desired"].find("interval")) use(*interval);
//
// A temporary returns its parts by value, moved out, so that no reference to freed memory remains.
//
//   const std::string& room = client.get_twin()["desired"]["room"].as_string();  // Its own text.
//
// All text is UTF-8: any other text throws std::invalid_argument. Several threads may read a value
// at once if none changes it.
class Json {
 public:
  enum class Kind { null, boolean, number, string, array, object };
  using Array = std::vector<Json>;
  using Member = JsonMember;
  using Members = NamedList<JsonMember>;

  // Text nested deeper than this is refused.
  static constexpr std::size_t kDepthLimit = 256;

  Json() noexcept = default;  // null
  Json(std::nullptr_t) noexcept {}
  Json(std::same_as<bool> auto value) noexcept : content_(value) {}
  template <class T>
  requires std::integral<T> &&
      (!std::same_as<T, bool>)&&(!std::same_as<T, char>)&&(!std::same_as<T, wchar_t>)&&(
          !std::same_as<T, char8_t>)&&(!std::same_as<T, char16_t>)&&(!std::same_as<T, char32_t>)
          Json(T value) noexcept {
    if (std::in_range<std::int64_t>(value)) {
      content_ = static_cast<std::int64_t>(value);
    } else {
      content_ = static_cast<std::uint64_t>(value);
    }
  }
  Json(std::floating_point auto value) noexcept : content_(static_cast<double>(value)) {}
  Json(std::string text);
  Json(std::string_view text) : Json(std::string(text)) {}
  Json(const char* text) : Json(std::string(text)) {}
  // An object. If a name occurs twice, the last value counts.
  Json(std::initializer_list<Member> members);

  // An empty object and an empty array; empty braces in C++ create null. In `array`, the braces
  // list the elements. An object among them takes braces of its own around those of its members:
  //
  //   Json readings = Json::array({21.5, "n/a", {{"celsius", 20}}});
  static Json object();
  static Json array();
  static Json array(std::initializer_list<Json> elements);
  static Json array(std::same_as<Array> auto elements) { return of_elements(std::move(elements)); }

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other) &;
  Json& operator=(Json&& other) & noexcept;
  ~Json();

  // Reads one JSON document as Python's json.loads does. NaN, Infinity and -Infinity are numbers,
  // and integers of any length keep all their digits. If a name occurs twice, the last value
  // counts. Unlike Python: half a surrogate pair is an error, since UTF-8 cannot encode it. Nesting
  // beyond kDepthLimit is an error too. The error, Errc::bad_content, names the position and the
  // rule, never the text.
  //
  //   if (Result<Json> body = Json::parse(message.data)) use(body->size());
  static Result<Json> parse(std::string_view text);
  // The same for text that is part of a program. Throws std::invalid_argument on an error.
  static Json parse_or_throw(std::string_view text);

  // Returns the text that Python's json.dumps writes: ASCII, with ", " and ": " as separators.
  //
  //   std::cout << twin << '\n';
  std::string dump() const;
  // The same with the members of each object ordered by name (Python: sort_keys=True).
  std::string dump_sorted() const;
  friend std::ostream& operator<<(std::ostream& out, const Json& value) {
    return value.write_to(out);
  }

  Kind kind() const noexcept;
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_bool() const noexcept { return kind() == Kind::boolean; }
  bool is_number() const noexcept { return kind() == Kind::number; }
  // A number written without fraction and exponent.
  bool is_integer() const noexcept {
    return is_number() && !std::holds_alternative<double>(content_);
  }
  bool is_string() const noexcept { return kind() == Kind::string; }
  bool is_array() const noexcept { return kind() == Kind::array; }
  bool is_object() const noexcept { return kind() == Kind::object; }

  // Return the content. Throw std::invalid_argument if the value is of another kind, and
  // std::out_of_range if a number does not fit.
  bool as_bool() const;
  std::int64_t as_int() const;
  std::uint64_t as_uint() const;
  double as_double() const;  // Of any number: the nearest one, infinite if it is too large.
  const std::string& as_string() const&;
  std::string as_string() &&;
  std::string as_string() const&& { return as_string(); }
  std::span<const Json> elements() const&;  // Of an array.
  OwnElements<Json> elements() &&;
  OwnElements<Json> elements() const&&;
  const Members& members() const&;  // Of an object, in their order.
  Members members() &&;
  Members members() const&&;

  // Returns the content, or nothing if it is of another kind or does not fit; never throws. The
  // result is an optional for bool, integers and floating point numbers, and a pointer for
  // std::string. For the std::string of a temporary it is a Found.
  //
  //   if (auto status = body.get_if<int>()) use(*status);
  template <class T>
  auto get_if() && {
    return take_if<T>(*this);
  }
  template <class T>
  auto get_if() const&& {
    return take_if<T>(*this);
  }
  template <class T>
  auto get_if() const& {
    if constexpr (std::same_as<T, bool>) {
      const bool* value = std::get_if<bool>(&content_);
      return value ? std::optional<bool>(*value) : std::nullopt;
    } else if constexpr (std::integral<T>) {
      if (auto value = std::get_if<std::int64_t>(&content_); value && std::in_range<T>(*value)) {
        return std::optional<T>(static_cast<T>(*value));
      }
      if (auto value = std::get_if<std::uint64_t>(&content_); value && std::in_range<T>(*value)) {
        return std::optional<T>(static_cast<T>(*value));
      }
      return std::optional<T>();
    } else if constexpr (std::floating_point<T>) {
      return is_number() ? std::optional<T>(static_cast<T>(to_double())) : std::nullopt;
    } else {
      static_assert(std::same_as<T, std::string>, "a JSON value holds no such type");
      return std::get_if<std::string>(&content_);
    }
  }

  // The number of elements or members; 0 for any other kind.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  // Returns the member of that name; never adds one. Throws std::out_of_range, which names the
  // member, if there is none, and std::invalid_argument if this is not an object. `at` also gives
  // write access.
  const Json& operator[](std::string_view name) const& { return at(name); }
  Json operator[](std::string_view name) && { return std::move(at(name)); }
  Json operator[](std::string_view name) const&& { return at(name); }
  const Json& at(std::string_view name) const&;
  Json& at(std::string_view name) &;
  Json at(std::string_view name) && { return std::move(at(name)); }
  Json at(std::string_view name) const&& { return at(name); }
  // Returns the element at that index. Throws std::out_of_range if there is none, and
  // std::invalid_argument if this is not an array.
  const Json& operator[](std::integral auto index) const& {
    return at(static_cast<std::size_t>(index));
  }
  Json operator[](std::integral auto index) && {
    return std::move(at(static_cast<std::size_t>(index)));
  }
  Json operator[](std::integral auto index) const&& { return at(static_cast<std::size_t>(index)); }
  const Json& at(std::size_t index) const&;
  Json& at(std::size_t index) &;
  Json at(std::size_t index) && { return std::move(at(index)); }
  Json at(std::size_t index) const&& { return at(index); }
  // Returns the member of that name, or null if there is none or this is not an object; never
  // throws. Returns a Found if this is a temporary.
  const Json* find(std::string_view name) const& noexcept;
  Json* find(std::string_view name) & noexcept;
  Found<Json> find(std::string_view name) &&;
  Found<Json> find(std::string_view name) const&&;
  bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }

  // Sets a member: an existing one keeps its place, a new one is added at the end. Turns null into
  // an object. Throws std::invalid_argument if this is of any other kind.
  //
  //   Json patch;
  //   patch.set("interval", 60).set("tags", Json::array({"attic"}));
  Json& set(std::string_view name, Json value) &;
  [[nodiscard]] Json set(std::string_view name, Json value) &&;
  // Removes a member. Returns false if there was none.
  bool erase(std::string_view name) & noexcept;
  // Adds an element. Turns null into an array. Throws std::invalid_argument if this is of any other
  // kind.
  Json& push_back(Json element) &;
  [[nodiscard]] Json push_back(Json element) &&;

  // Compares as Python does: numbers by exact value, also an integer with a floating point number,
  // and objects regardless of order. Unlike Python: true does not equal 1, and false does not equal
  // 0.
  bool operator==(const Json& other) const;

 private:
  class Object;
  struct DeleteObject {
    void operator()(Object* object) const noexcept;
  };
  struct BigInteger {
    std::string digits;  // As in the text, signed if negative.
  };
  using ObjectBox = std::unique_ptr<Object, DeleteObject>;
  class Parser;
  class Writer;
  using Content = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double,
                               BigInteger, std::string, Array, ObjectBox>;

  static Json of_elements(Array elements);
  std::ostream& write_to(std::ostream& out) const;
  // Takes the content of a value that is destroyed afterwards.
  template <class T, class Self>
  static auto take_if(Self& self) {
    if constexpr (std::same_as<T, std::string>) {
      auto* const text = std::get_if<std::string>(&self.content_);
      return text ? Found<std::string>(std::move(*text)) : Found<std::string>();
    } else {
      return std::as_const(self).template get_if<T>();
    }
  }

  double to_double() const noexcept;
  void copy_scalar(const Json& from);
  bool equals_scalar(const Json& other) const;
  std::size_t children() noexcept;
  Json& child(std::size_t index) noexcept;
  bool has_children() noexcept;
  void drop_last_child() noexcept;
  void drop_nested() noexcept;

  Content content_;
};

// A member of a JSON object.
struct JsonMember {
  std::string name;
  Json value;
};

inline const std::string& name_of(const JsonMember& member) { return member.name; }
void name_of(const JsonMember&& member) = delete;

}  // namespace azure::iot::device
