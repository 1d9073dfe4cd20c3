#include "pipeline/text/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace azure::iot::device {
namespace {

struct Sequence {
  const char* bytes;
  char32_t code_point;
};

// The number of bytes of an invalid sequence that count as one step; 0 if it is valid.
std::size_t broken_length(std::string_view text) {
  const Utf8Step step = next_utf8(text, 0);
  return step.valid ? 0 : step.length;
}

// Two pages, of which the second must not be accessed.
class GuardedPage {
 public:
  GuardedPage()
      : size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
        data_(static_cast<char*>(::mmap(nullptr, 2 * size_, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(data_ != MAP_FAILED);
    REQUIRE(::mprotect(data_ + size_, size_, PROT_NONE) == 0);
  }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
  ~GuardedPage() { ::munmap(data_, 2 * size_); }

  // The text, directly before the second page.
  std::string_view at_its_end(std::string_view text) {
    return {std::copy(text.begin(), text.end(), data_ + size_ - text.size()) - text.size(),
            text.size()};
  }

 private:
  const std::size_t size_;
  char* const data_;
};

}  // namespace

TEST_CASE("Utf8: the first and the last code point of each length are valid") {
  for (const Sequence& each :
       {Sequence{"\x7f", 0x7F}, Sequence{"\xc2\x80", 0x80}, Sequence{"\xdf\xbf", 0x7FF},
        Sequence{"\xe0\xa0\x80", 0x800}, Sequence{"\xed\x9f\xbf", 0xD7FF},
        Sequence{"\xee\x80\x80", 0xE000}, Sequence{"\xef\xbf\xbf", 0xFFFF},
        Sequence{"\xf0\x90\x80\x80", 0x10000}, Sequence{"\xf4\x8f\xbf\xbf", 0x10FFFF}}) {
    CAPTURE(static_cast<unsigned>(each.code_point));
    const Utf8Step step = next_utf8(each.bytes, 0);
    CHECK(step.valid);
    CHECK(step.code_point == each.code_point);
    CHECK(step.length == std::string_view(each.bytes).size());
    CHECK(find_invalid_utf8(each.bytes) == std::string_view::npos);
  }
  CHECK(next_utf8(std::string_view("\0", 1), 0).valid);
}

TEST_CASE("Utf8: what lies just beyond them is not") {
  for (const char* bytes :
       {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CAPTURE(bytes);
    CHECK(broken_length(bytes) == 1);
    CHECK(find_invalid_utf8(bytes) == 0);
  }
}

TEST_CASE("Utf8: of a sequence that breaks off, what began well is one step") {
  CHECK(broken_length("\xc2") == 1);
  CHECK(broken_length("\xc2\x7f") == 1);
  CHECK(broken_length("\xc2\xc0") == 1);
  CHECK(broken_length("\xe2\x82") == 2);
  CHECK(broken_length("\xe2\x82x") == 2);
  CHECK(broken_length("\xe0\xa0\xc0") == 2);
  CHECK(broken_length("\xf0\x9f\x98") == 3);
  CHECK(broken_length("\xf4\x8f\xbf\x7f") == 3);
  // Only the second byte has narrower bounds.
  CHECK(broken_length("\xe0\xa0\x80") == 0);
  CHECK(broken_length("\xed\x80\xbf") == 0);
  CHECK(broken_length("\xf0\x90\xbf\x80") == 0);
  CHECK(broken_length("\xf4\x80\x80\xbf") == 0);
}

TEST_CASE("Utf8: a byte that is none is found at each place, in a text of each length") {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      CHECK(find_invalid_utf8(text) == std::string::npos);
      text[at] = '\x80';
      CHECK(find_invalid_utf8(text) == at);
    }
  }
}

TEST_CASE("Utf8: nothing behind the text is read, whatever its length") {
  GuardedPage page;
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, 'x');
    CHECK(find_invalid_utf8(page.at_its_end(text)) == std::string_view::npos);
    CHECK(find_invalid_utf8(page.at_its_end(text + '\xe2')) == size);
    CHECK(find_invalid_utf8(page.at_its_end(text + "\xf0\x9f\x98")) == size);
  }
}

}  // namespace azure::iot::device
