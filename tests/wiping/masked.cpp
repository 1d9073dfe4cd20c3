#include "wiping/masked.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/loop/unique_fd.hpp"

namespace azure::iot::device::test {
namespace {

char masked_byte(char c) { return static_cast<char>(static_cast<unsigned char>(c) ^ 0xA5); }

std::size_t count_in(std::string_view bytes, std::string_view masked) {
  std::size_t count = 0;
  const char first = masked_byte(masked.front());
  for (std::size_t at = 0;
       (at = bytes.find(first, at)) + masked.size() <= bytes.size() && at != std::string_view::npos;
       ++at) {
    count += std::equal(masked.begin(), masked.end(), bytes.begin() + at,
                        [](char hidden, char plain) { return hidden == masked_byte(plain); });
  }
  return count;
}

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

// Memory that this process may write to. Allocates nothing, since the piece that was just freed is
// the first to be given out again, and would be written over before it is looked at.
std::span<const Range> writable_memory() {
  static std::array<char, 1024 * 1024> text;
  static std::array<Range, 8192> ranges;
  const UniqueFd maps(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  std::size_t size = 0;
  ssize_t got = 0;
  while ((got = ::read(maps.get(), text.data() + size, text.size() - size)) > 0) {
    size += static_cast<std::size_t>(got);
  }
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < size && count < ranges.size();) {
    const std::size_t end = std::string_view(text.data(), size).find('\n', begin);
    if (end == std::string_view::npos) break;
    text[end] = '\0';
    Range& range = ranges[count];
    char rights[5] = {};
    if (std::sscanf(text.data() + begin, "%lx-%lx %4s", &range.begin, &range.end, rights) == 3 &&
        std::strncmp(rights, "rw", 2) == 0) {
      ++count;
    }
    begin = end + 1;
  }
  return {ranges.data(), count};
}

// Memory for what was read of memory, which is not searched itself.
class Window {
 public:
  static constexpr std::size_t kSize = 1024 * 1024;

  Window()
      : data_(static_cast<char*>(
            ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (data_ == MAP_FAILED) throw std::runtime_error("no memory for a window");
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() { ::munmap(data_, kSize); }

  char* data() const { return data_; }
  // The kernel may have put it at the end, or in the middle, of another mapping.
  std::vector<Range> cut_out_of(const Range& range) const {
    const Range own{reinterpret_cast<std::uintptr_t>(data_),
                    reinterpret_cast<std::uintptr_t>(data_) + kSize};
    if (own.end <= range.begin || own.begin >= range.end) return {range};
    return {{range.begin, std::max(range.begin, own.begin)},
            {std::min(range.end, own.end), range.end}};
  }

 private:
  char* data_;
};

}  // namespace

Masked::Masked() : masked_(64, '\0') {
  std::random_device random;
  for (char& c : masked_) c = masked_byte(static_cast<char>('a' + random() % 26));
}

std::string Masked::mask(std::string_view text) {
  std::string masked(text);
  std::transform(masked.begin(), masked.end(), masked.begin(), masked_byte);
  return masked;
}

void Masked::write_to(std::string& to) const {
  to.resize(masked_.size());
  std::transform(masked_.begin(), masked_.end(), to.begin(), masked_byte);
}

std::size_t Masked::count_in_memory() const {
  const UniqueFd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  if (!memory) throw std::runtime_error("this process cannot read its own memory");
  const Window window;
  const std::size_t least = rest().size();
  std::size_t count = 0;
  for (const Range& mapping : writable_memory()) {
    for (const Range& range : window.cut_out_of(mapping)) {
      for (std::uintptr_t at = range.begin; at + least <= range.end;) {
        const std::size_t size = std::min<std::size_t>(Window::kSize, range.end - at);
        const ssize_t got = ::pread(memory.get(), window.data(), size, static_cast<off_t>(at));
        if (got < static_cast<ssize_t>(least)) break;
        count += count_in({window.data(), static_cast<std::size_t>(got)}, rest());
        // A match across the end of a window is found in the next.
        at += static_cast<std::size_t>(got) - (least - 1);
      }
    }
  }
  return count;
}

}  // namespace azure::iot::device::test
