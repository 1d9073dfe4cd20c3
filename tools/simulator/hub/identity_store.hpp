// The devices and modules of the hub. Twins and subscriptions are kept in one file each, so that
// they outlive the broker.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "common/files.hpp"
#include "hub/config.hpp"
#include "hub/identity.hpp"

namespace azure::iot::device::simulator {

class IdentityStore {
 public:
  // Stores them below the hub's folder, in which a provisioning service may put others.
  IdentityStore(const std::vector<DeviceConfig>& devices, std::filesystem::path hub);

  // Reads any change that a provisioning service has made to this device. Called before each
  // connect.
  void refresh(const std::string& device_id);

  // Null if there is none of that name ("device" or "device/module").
  Identity* find(std::string_view name);

  std::map<std::string, Identity, std::less<>>& all() { return identities_; }

  // Prepares the file of a changed twin or of changed subscriptions. Commit it before any client or
  // service learns of the change.
  StagedFile stage(const Identity& identity) const;

 private:
  std::filesystem::path file_of(const Identity& identity) const;
  void restore(Identity& identity) const;

  std::filesystem::path hub_;
  std::filesystem::path directory_;
  std::map<std::string, Identity, std::less<>> identities_;
};

}  // namespace azure::iot::device::simulator
