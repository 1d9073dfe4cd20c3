#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace azure::iot::device::simulation {

// Returns the shortest part of `items`, in their order, that still fails. Leaves out ever smaller
// pieces until every single item is needed (delta debugging). `fails` is a function of such a part,
// and holds for the whole.
template <class T, class Fails>
std::vector<T> shrink(std::vector<T> items, const Fails& fails) {
  std::size_t piece = std::max<std::size_t>(items.size() / 2, 1);
  while (!items.empty()) {
    bool shorter = false;
    for (std::size_t from = 0; from < items.size();) {
      const auto first = items.begin() + static_cast<std::ptrdiff_t>(from);
      const std::size_t length = std::min(piece, items.size() - from);
      std::vector<T> rest(items.begin(), first);
      rest.insert(rest.end(), first + static_cast<std::ptrdiff_t>(length), items.end());
      if (fails(rest)) {
        items = std::move(rest);
        shorter = true;
      } else {
        from += length;
      }
    }
    if (piece == 1 && !shorter) break;
    if (!shorter || piece > items.size()) piece = std::max<std::size_t>(piece / 2, 1);
  }
  return items;
}

}  // namespace azure::iot::device::simulation
