#include "hub/identity_store.hpp"

#include <algorithm>
#include <utility>

#include "common/files.hpp"
#include "common/json.hpp"
#include "common/uri.hpp"
#include "hub/provisioned.hpp"
#include "hub/topics.hpp"

namespace azure::iot::device::simulator {

IdentityStore::IdentityStore(const std::vector<DeviceConfig>& devices, std::filesystem::path hub)
    : hub_(std::move(hub)), directory_(hub_ / "identities") {
  std::filesystem::create_directories(directory_);
  for (const auto& device : devices) {
    Identity identity;
    identity.device_id = device.device_id;
    identity.module_id = device.module_id;
    if (!device.x509) identity.keys = {device.key};
    identity.x509 = device.x509;
    identity.thumbprint = device.thumbprint;
    restore(identity);
    identities_.insert_or_assign(identity.name(), std::move(identity));
  }
}

void IdentityStore::refresh(const std::string& device_id) {
  const auto credential = provisioned_credential(hub_, device_id);
  Identity* identity = find(device_id);
  if (identity == nullptr) {
    if (!credential) return;
    Identity fresh;
    fresh.device_id = device_id;
    fresh.provisioned = true;
    restore(fresh);
    identity = &identities_.insert_or_assign(device_id, std::move(fresh)).first->second;
  }
  if (identity->provisioned) {
    identity->keys.clear();
    identity->x509 = credential && !credential->thumbprint.empty();
    identity->thumbprint = credential ? credential->thumbprint : std::string();
  }
  if (!credential || credential->key.empty()) return;
  auto& keys = identity->keys;
  if (std::find(keys.begin(), keys.end(), credential->key) == keys.end()) {
    keys.push_back(credential->key);
  }
}

Identity* IdentityStore::find(std::string_view name) {
  const auto found = identities_.find(name);
  return found == identities_.end() ? nullptr : &found->second;
}

StagedFile IdentityStore::stage(const Identity& identity) const {
  Json subscriptions(rapidjson::kArrayType);
  for (const auto& [filter, feature] : identity.subscriptions) {
    subscriptions.PushBack(JsonValue(filter, subscriptions.GetAllocator()),
                           subscriptions.GetAllocator());
  }
  JsonObject state;
  state.add("twin", identity.twin.document()).add("subscriptions", subscriptions);
  return StagedFile(file_of(identity), state.text());
}

std::filesystem::path IdentityStore::file_of(const Identity& identity) const {
  return directory_ / (percent_encode(identity.name()) + ".json");
}

void IdentityStore::restore(Identity& identity) const {
  const auto text = read_file(file_of(identity));
  if (!text) return;
  const auto state = parse_json(*text);
  if (!state || !state->IsObject() || !identity.twin.restore(string_member(*state, "twin"))) return;
  if (!state->HasMember("subscriptions") || !(*state)["subscriptions"].IsArray()) return;
  for (const auto& filter : (*state)["subscriptions"].GetArray()) {
    if (!filter.IsString()) continue;
    if (const auto feature = parse_filter(identity, filter.GetString())) {
      identity.subscriptions.emplace(filter.GetString(), *feature);
    }
  }
}

}  // namespace azure::iot::device::simulator
