#include "pipeline/text/named_list.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

using Entry = std::pair<std::string, int>;
using List = NamedList<Entry>;

// Checks a list's properties, which do not depend on its representation.
void check_same(const List& list, const std::vector<Entry>& wanted) {
  REQUIRE(list.size() == wanted.size());
  CHECK(list.empty() == wanted.empty());
  CHECK(std::equal(list.begin(), list.end(), wanted.begin(), wanted.end()));
  std::vector<Entry> backwards;
  for (auto at = list.end(); at != list.begin();) backwards.push_back(*--at);
  CHECK(std::equal(backwards.begin(), backwards.end(), wanted.rbegin(), wanted.rend()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(list[i] == wanted[i]);
    const Entry* found = list.find(wanted[i].first);
    REQUIRE(found);
    CHECK(*found == wanted[i]);
  }
  if (wanted.empty()) return;
  CHECK(list.front() == wanted.front());
  CHECK(list.back() == wanted.back());
}

void erase(List& list, std::vector<Entry>& model, std::size_t at) {
  CHECK(list.erase(model[at].first));
  CHECK_FALSE(list.erase(model[at].first));
  model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
}

TEST_CASE("NamedList: it is what a list without an index would be, whatever is done to it") {
  std::mt19937 random(7);  // NOLINT: the same each time.
  for (const std::size_t most : {3u, 16u, 17u, 40u, 300u}) {
    List list;
    std::vector<Entry> model;
    int next = 0;
    for (int step = 0; step < 600; ++step) {
      const bool grows = model.empty() || (model.size() < most && random() % 5 < 3);
      if (grows) {
        model.emplace_back("n" + std::to_string(next), next);
        CHECK(list.add(model.back()) == model.back());
        ++next;
      } else {
        erase(list, model, random() % model.size());
      }
      if (step % 23 == 0) check_same(list, model);
    }
    check_same(list, model);
    CHECK_FALSE(list.find("other"));
    while (!model.empty()) erase(list, model, random() % model.size());
    check_same(list, model);
  }
}

TEST_CASE("NamedList: a name comes back at the end after it was erased") {
  List list;
  std::vector<Entry> model;
  for (int i = 0; i < 20; ++i) model.emplace_back(list.add({std::to_string(i), i}));
  for (const int i : {5, 4, 6, 0, 19}) {
    CHECK(list.erase(std::to_string(i)));
    std::erase(model, Entry(std::to_string(i), i));
    model.emplace_back(list.add({std::to_string(i), 100 + i}));
  }
  check_same(list, model);
}

TEST_CASE("NamedList: copies are equal, and independent") {
  List list;
  for (int i = 0; i < 30; ++i) list.add({std::to_string(i), i});
  list.erase("3");
  List copy = list;
  CHECK(copy == list);
  copy.erase("4");
  CHECK_FALSE(copy == list);
  CHECK(list.find("4"));
  copy.add({"4", 4});
  CHECK_FALSE(copy == list);  // At another address.
  list = std::move(copy);
  CHECK(list.back().first == "4");
  list.clear();
  CHECK(list.empty());
  CHECK(list.begin() == list.end());
}

}  // namespace
}  // namespace azure::iot::device
