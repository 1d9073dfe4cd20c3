#include "pipeline/json/json.hpp"

#include <charconv>
#include <limits>
#include <stdexcept>

#include "pipeline/json/json_object.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device {
namespace {

std::string utf8_or_throw(std::string text) {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string::npos) {
    throw std::invalid_argument("JSON: text must be UTF-8, but byte " + std::to_string(invalid) +
                                " of " + std::to_string(text.size()) + " is not");
  }
  return text;
}

std::string_view describe(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null: return "null";
    case Json::Kind::boolean: return "a boolean";
    case Json::Kind::number: return "a number";
    case Json::Kind::string: return "a string";
    case Json::Kind::array: return "an array";
    case Json::Kind::object: return "an object";
  }
  return "nothing";
}

[[noreturn]] void throw_wrong_kind(const std::string& wanted, Json::Kind found) {
  throw std::invalid_argument("JSON: " + wanted + " was expected, but this is " +
                              std::string(describe(found)));
}

std::string member_called(std::string_view name) {
  return "an object with the member '" + std::string(name) + "'";
}

}  // namespace

void Json::DeleteObject::operator()(Object* object) const noexcept { delete object; }

Json::Json(std::string text) : content_(utf8_or_throw(std::move(text))) {}

Json::Json(std::initializer_list<Member> members) : Json(object()) {
  for (const Member& member : members) set(member.name, member.value);
}

Json Json::object() {
  Json made;
  made.content_ = ObjectBox(new Object());
  return made;
}

Json Json::array() { return of_elements({}); }

Json Json::array(std::initializer_list<Json> elements) { return of_elements(Array(elements)); }

Json Json::of_elements(Array elements) {
  Json made;
  made.content_ = std::move(elements);
  return made;
}

// Copying and comparing use a list of pending values instead of recursion: a program may nest
// values too deeply for its stack.
Json::Json(const Json& other) {
  struct Copy {
    const Json* from;
    Json* to;
  };
  std::vector<Copy> pending;
  const auto copy = [&pending](const Json& from, Json& to) {
    if (const auto* elements = std::get_if<Array>(&from.content_)) {
      auto& copies = to.content_.emplace<Array>(elements->size());
      for (std::size_t i = 0; i < copies.size(); ++i) {
        pending.push_back({&(*elements)[i], &copies[i]});
      }
    } else if (const auto* object = std::get_if<ObjectBox>(&from.content_)) {
      ObjectBox copies = (*object)->with_names_only();
      auto copied = copies->mutable_members().begin();
      for (const Member& member : (*object)->members()) {
        pending.push_back({&member.value, &(copied++)->value});
      }
      to.content_ = std::move(copies);
    } else {
      to.copy_scalar(from);
    }
  };
  copy(other, *this);
  while (!pending.empty()) {
    const Copy next = pending.back();
    pending.pop_back();
    copy(*next.from, *next.to);
  }
}

void Json::copy_scalar(const Json& from) {
  std::visit(
      [this]<class T>(const T& value) {
        if constexpr (std::is_copy_assignable_v<T> && !std::same_as<T, Array>) content_ = value;
      },
      from.content_);
}

Json::Json(Json&& other) noexcept : content_(std::exchange(other.content_, Content())) {}

Json& Json::operator=(const Json& other) & { return *this = Json(other); }

Json& Json::operator=(Json&& other) & noexcept {
  // Through a third value: `other` may be a part of the value replaced here.
  Json taken(std::move(other));
  content_.swap(taken.content_);
  return *this;
}

// Nested values are destroyed by recursion, which is fastest, up to a limited depth.
Json::~Json() {
  constexpr int kRecursionLimit = 64;
  thread_local int depth = 0;
  if (!has_children()) return;
  if (depth < kRecursionLimit) {
    ++depth;
    content_.emplace<std::monostate>();
    --depth;
  } else {
    drop_nested();
  }
}

// The number of stored elements or members, including the gaps of erased ones, which are null.
std::size_t Json::children() noexcept {
  auto* const object = std::get_if<ObjectBox>(&content_);
  return object ? (*object)->mutable_members().size() : size();
}

// The element, or the value of the member, at that index.
Json& Json::child(std::size_t index) noexcept {
  if (auto* elements = std::get_if<Array>(&content_)) return (*elements)[index];
  return std::get_if<ObjectBox>(&content_)->get()->mutable_members()[index].value;
}

bool Json::has_children() noexcept {
  if (const auto* elements = std::get_if<Array>(&content_)) return !elements->empty();
  return std::holds_alternative<ObjectBox>(content_) && children() > 0;
}

void Json::drop_last_child() noexcept {
  if (auto* elements = std::get_if<Array>(&content_)) return elements->pop_back();
  std::get_if<ObjectBox>(&content_)->get()->drop_last_member();
}

// A program may nest values too deeply for its stack, and destroying them must not allocate memory.
// So the values themselves store the pending work: the first child of a value is replaced by its
// parent, and that child waits at the end of the parent.
void Json::drop_nested() noexcept {
  Json current;
  current.content_.swap(content_);
  std::size_t depth = 0;
  for (;;) {
    const std::size_t count = current.children();
    if (count == 0) return;  // The outermost value is empty.
    if (count == 1 && depth > 0) {
      --depth;
      Json around = std::move(current.child(0));
      current = std::move(around);
      continue;
    }
    Json& last = current.child(count - 1);
    if (last.size() == 0) {
      current.drop_last_child();
      continue;
    }
    ++depth;
    Json inner = std::move(last);
    last = std::move(inner.child(0));
    inner.child(0) = std::move(current);
    current = std::move(inner);
  }
}

Json Json::parse_or_throw(std::string_view text) {
  Result<Json> parsed = parse(text);
  if (!parsed) throw std::invalid_argument("JSON: " + parsed.error().detail());
  return *std::move(parsed);
}

Json::Kind Json::kind() const noexcept {
  struct Visitor {
    Kind operator()(std::monostate) const { return Kind::null; }
    Kind operator()(bool) const { return Kind::boolean; }
    Kind operator()(std::int64_t) const { return Kind::number; }
    Kind operator()(std::uint64_t) const { return Kind::number; }
    Kind operator()(double) const { return Kind::number; }
    Kind operator()(const BigInteger&) const { return Kind::number; }
    Kind operator()(const std::string&) const { return Kind::string; }
    Kind operator()(const Array&) const { return Kind::array; }
    Kind operator()(const ObjectBox&) const { return Kind::object; }
  };
  return std::visit(Visitor(), content_);
}

bool Json::as_bool() const {
  const auto value = get_if<bool>();
  if (!value) throw_wrong_kind("a boolean", kind());
  return *value;
}

std::int64_t Json::as_int() const {
  if (!is_integer()) throw_wrong_kind("an integer", kind());
  const auto value = get_if<std::int64_t>();
  if (!value) throw std::out_of_range("JSON: the number does not fit into 64 bits with a sign");
  return *value;
}

std::uint64_t Json::as_uint() const {
  if (!is_integer()) throw_wrong_kind("an integer", kind());
  const auto value = get_if<std::uint64_t>();
  if (!value) throw std::out_of_range("JSON: the number does not fit into 64 bits without a sign");
  return *value;
}

double Json::as_double() const {
  if (!is_number()) throw_wrong_kind("a number", kind());
  return to_double();
}

const std::string& Json::as_string() const& {
  const std::string* value = get_if<std::string>();
  if (!value) throw_wrong_kind("a string", kind());
  return *value;
}

std::span<const Json> Json::elements() const& {
  if (!is_array()) throw_wrong_kind("an array", kind());
  return std::get<Array>(content_);
}

const Json::Members& Json::members() const& {
  if (!is_object()) throw_wrong_kind("an object", kind());
  return std::get<ObjectBox>(content_)->members();
}

std::size_t Json::size() const noexcept {
  if (const auto* elements = std::get_if<Array>(&content_)) return elements->size();
  if (const auto* object = std::get_if<ObjectBox>(&content_)) {
    return (*object)->members().size();
  }
  return 0;
}

const Json& Json::at(std::string_view name) const& {
  if (!is_object()) throw_wrong_kind(member_called(name), kind());
  const Json* member = find(name);
  if (!member) throw std::out_of_range("JSON: there is no member '" + std::string(name) + "'");
  return *member;
}

Json& Json::at(std::string_view name) & { return const_cast<Json&>(std::as_const(*this).at(name)); }

const Json& Json::at(std::size_t index) const& {
  const auto all = elements();
  if (index >= all.size()) {
    throw std::out_of_range("JSON: there is no element " + std::to_string(index) +
                            " in an array of " + std::to_string(all.size()));
  }
  return all[index];
}

Json& Json::at(std::size_t index) & { return const_cast<Json&>(std::as_const(*this).at(index)); }

const Json* Json::find(std::string_view name) const& noexcept {
  const auto* object = std::get_if<ObjectBox>(&content_);
  return object ? (*object)->find(name) : nullptr;
}

Json* Json::find(std::string_view name) & noexcept {
  return const_cast<Json*>(std::as_const(*this).find(name));
}

Json& Json::set(std::string_view name, Json value) & {
  if (is_null()) *this = object();
  if (!is_object()) throw_wrong_kind("an object, to set '" + std::string(name) + "' in,", kind());
  std::get<ObjectBox>(content_)->place(utf8_or_throw(std::string(name))) = std::move(value);
  return *this;
}

bool Json::erase(std::string_view name) & noexcept {
  auto* object = std::get_if<ObjectBox>(&content_);
  return object && (*object)->erase(name);
}

Json& Json::push_back(Json element) & {
  if (is_null()) *this = array();
  if (!is_array()) throw_wrong_kind("an array, to add an element to,", kind());
  std::get<Array>(content_).push_back(std::move(element));
  return *this;
}

double Json::to_double() const noexcept {
  if (const auto* value = std::get_if<std::int64_t>(&content_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<std::uint64_t>(&content_)) return static_cast<double>(*value);
  if (const auto* value = std::get_if<double>(&content_)) return *value;

  const std::string& digits = std::get<BigInteger>(content_).digits;
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec == std::errc::result_out_of_range) {
    value = std::numeric_limits<double>::infinity();
    return digits.front() == '-' ? -value : value;
  }
  return value;
}

}  // namespace azure::iot::device
