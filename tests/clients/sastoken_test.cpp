#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "clients/detail/client_config.hpp"
#include "testkit/test_client.hpp"
#include "tests/clients/refusal.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using detail::TokenOwner;
using Texts = std::vector<std::string>;

std::string token_for(std::string_view resource, std::int64_t expiry = 4102444800) {
  return "SharedAccessSignature sr=" + std::string(resource) +
         "&sig=x&se=" + std::to_string(expiry);
}
constexpr std::string_view kDevice = "hub1%2Fdevices%2Fdev1";
constexpr std::string_view kModule = "hub1%2Fdevices%2Fdev1%2Fmodules%2Fmod1";

// The text of the exception for this token; "" if there is none.
std::string refusal(const std::string& token, TokenOwner owner = TokenOwner::device) {
  return refusal_of([&] { detail::read_own_sastoken(token, owner, WallTime(1700000000s)); });
}

TEST_CASE("Client: a token is refused that is none, has expired or is for somebody else") {
  CHECK(refusal(token_for(kDevice)) == "");
  CHECK(refusal(token_for(kModule), TokenOwner::module) == "");
  CHECK(refusal("nonsense").starts_with("sastoken: Invalid SasToken provided: "));
  CHECK(refusal("nonsense").find("nonsense") == std::string::npos);
  CHECK(refusal(token_for(kDevice, 1700000000)) == "");  // Expires now.
  CHECK(refusal(token_for(kDevice, 1699999999)).find("already expired") != std::string::npos);
  CHECK(refusal(token_for(kModule)).find("is for a module") != std::string::npos);
  CHECK(refusal(token_for(kDevice), TokenOwner::module).find("is for a device") !=
        std::string::npos);
  CHECK(refusal(token_for("hub1")).find("Invalid SAS URI") != std::string::npos);
  CHECK(refusal(token_for("hub1%2Fdevices%2F")) == "sastoken: its resource names no device");
}

TEST_CASE("Client: a token needs each of its fields, and has none that is unknown") {
  const std::string sr = "sr=" + std::string(kDevice), sig = "sig=x", se = "se=4102444800";
  const auto token = [](const std::string& fields) { return "SharedAccessSignature " + fields; };
  const std::string required =
      "sastoken: Invalid SasToken provided: Invalid SasToken string: Not all required fields "
      "present: it needs sr, sig and se";
  CHECK(refusal(token(sr + '&' + sig + '&' + se)) == "");
  CHECK(refusal(token(se + '&' + sig + '&' + sr + "&skn=policy")) == "");
  CHECK(refusal(token(sig + '&' + se)) == required);
  CHECK(refusal(token(sr + '&' + se)) == required);
  CHECK(refusal(token(sr + '&' + sig)) == required);
  CHECK(refusal(token(sr + '&' + sig + '&' + se + "&more=1")).find("Unexpected fields present") !=
        std::string::npos);
  CHECK(refusal(sr + '&' + sig + '&' + se).find("Not a SasToken") != std::string::npos);
  CHECK(refusal(token_for("%2Fdevices%2Fdev1")) == "sastoken: its resource names no hub");
  CHECK(refusal(token_for("hub1%2Fdevices%2Fdev1%2Fmodules%2F"), TokenOwner::module)
            .find("is for a device") != std::string::npos);
}

// A client created from a token with a lifetime of an hour.
struct TokenClient : TestClient {
  TokenClient() : TestClient(first_token(), SasTokenOptions{}) {}
  static std::string first_token() { return token_for(kDevice, kExpiry); }
  static constexpr std::int64_t kExpiry = 1'003'600;

  Call<void> update(const std::string& token) {
    return call([&](auto& c, auto done) { c.start_update_sastoken(token, {}, std::move(done)); });
  }
};

TEST_CASE("Client: a token that the application made is what it connects with, until it updates") {
  TokenClient client;
  REQUIRE(client.connect().succeeded());
  CHECK(client.transport.passwords().back() == TokenClient::first_token());
  const std::string fresh = token_for(kDevice, 1'009'000);
  CHECK(client.update(fresh).succeeded());
  CHECK(client.core->connected());
  CHECK(client.transport.dials() == 2);
  CHECK(client.transport.passwords().back() == fresh);
}

TEST_CASE("Client: a link that an update has taken down is brought back with the new token") {
  TokenClient client;
  client.connect();
  client.transport.script({refuse});
  const std::string fresh = token_for(kDevice, 1'009'000);
  CHECK(client.update(fresh).error().code() == Errc::connection_failed);
  CHECK_FALSE(client.core->connected());
  client.advance(10s);
  CHECK(client.core->connected());
  CHECK(client.transport.passwords().back() == fresh);
  CHECK(client.transport.dials() == 3);
}

TEST_CASE("Client: a lost link that is not brought back is reported, whatever took it down") {
  for (const bool updates : {false, true}) {
    TestClient client(TokenClient::first_token(), SasTokenOptions{.connection_retry = false});
    Texts told;
    client.core->on_background_exception(
        [&](const IotError& error) { told.push_back(error.what()); });
    client.connect();
    if (updates) {
      client.transport.script({refuse});
      client.call([](auto& c, auto done) {
        c.start_update_sastoken(token_for(kDevice, 1'009'000), {}, std::move(done));
      });
    } else {
      client.drop();
    }
    const auto says_so = [](const std::string& text) {
      return text.find("the lost connection is not made again") != std::string::npos;
    };
    CHECK(std::count_if(told.begin(), told.end(), says_so) == 1);
  }
}

TEST_CASE("Client: an update is refused whose token is for another device, module or hub") {
  TokenClient client;
  client.connect();
  const auto refused = [&](std::string_view resource, std::string_view why) {
    const std::string token = token_for(resource);
    CHECK_THROWS_WITH_AS(client.update(token), doctest::Contains(std::string(why).c_str()),
                         std::invalid_argument);
  };
  refused("hub1%2Fdevices%2Fother", "does not match existing device id \"dev1\"");
  refused("hub2%2Fdevices%2Fdev1", "does not match existing hostname \"hub1\"");
  refused(kModule, "is for a module");
  CHECK(client.transport.dials() == 1);
  CHECK(client.core->connected());
}

TEST_CASE("Client: a module's token is updated by one for the same module only") {
  TestClient test(token_for(kModule, 2'000'000), SasTokenOptions{}, TokenOwner::module);
  auto client = test.module_client();
  client.connect();
  CHECK_THROWS_WITH_AS(
      client.update_sastoken(token_for("hub1%2Fdevices%2Fdev1%2Fmodules%2Fother")),
      doctest::Contains("does not match existing module id \"mod1\"; it is for \"other\""),
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(client.update_sastoken(token_for(kDevice)),
                       doctest::Contains("is for a device"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(client.update_sastoken(token_for(kModule, 999'999)),
                       doctest::Contains("already expired"), std::invalid_argument);
  CHECK(test.transport.dials() == 1);
  client.update_sastoken(token_for(kModule, 2'000'001));
  CHECK(test.transport.passwords().back() == token_for(kModule, 2'000'001));
}

TEST_CASE("Client: a renewal of the token is a link that ends and comes back, each told once") {
  TestClient test({.sastoken_ttl = 600s});
  std::vector<bool> states;
  test.core->on_connection_state_change([&](auto change) { states.push_back(change.connected); });
  test.connect();
  test.advance(500s);
  CHECK(test.transport.dials() == 2);
  CHECK(states == std::vector{true, false, true});
}

TEST_CASE("Client: only a client that was made from a token takes another") {
  TestClient client;
  const auto update = client.call(
      [](auto& c, auto done) { c.start_update_sastoken(token_for(kDevice), {}, std::move(done)); });
  CHECK(update.error().code() == Errc::operation_error);
  CHECK(client.transport.dials() == 0);
}

TEST_CASE("Client: the application is asked for another token 120 s before, also once more") {
  TokenClient client;
  client.connect();
  int asked = 0;
  const auto until = [&](std::int64_t second) {
    client.advance(WallTime(std::chrono::seconds(second)) - client.loop->wall_now());
  };
  until(TokenClient::kExpiry - 120);
  client.core->on_new_sastoken_required([&] { ++asked; });  // An earlier request is kept for it.
  client.advance(0s);
  CHECK(asked == 1);
  client.update(token_for(kDevice, 1'009'000));
  until(1'009'000 - 121);
  CHECK(asked == 1);
  until(1'009'000 - 120);
  CHECK(asked == 2);
}

}  // namespace
}  // namespace azure::iot::device::test
