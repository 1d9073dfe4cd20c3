#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "../error.hpp"
#include "../loop/time.hpp"
#include "../result.hpp"
#include "signing_mechanism.hpp"

namespace azure::iot::device {

// A shared access signature: the password of a client that has no certificate. Reads no clock; who
// refreshes it says what time it is. Not for several threads at once.
class SasToken {
 public:
  SasToken() = default;
  SasToken(const SasToken&) = delete;
  SasToken& operator=(const SasToken&) = delete;
  virtual ~SasToken() = default;

  // The token itself: a secret. Empty until a renewable token was refreshed once.
  virtual const std::string& text() const& = 0;
  void text() const&& = delete;
  virtual std::chrono::sys_seconds expiry() const = 0;
  // Whether `refresh` can do anything.
  virtual bool renewable() const = 0;
  // How long the token lives, counted from its refresh; zero if there is none.
  virtual std::chrono::seconds ttl() const { return std::chrono::seconds::zero(); }
  // Makes a new token that counts from `now`. If that fails the error has Errc::sas_token.
  virtual Error refresh(WallTime now) = 0;
};

// A token made here, and made again whenever it is about to expire.
class RenewableSasToken final : public SasToken {
 public:
  // `uri` names what is accessed ("hub/devices/device"); `key_name`, which may be empty, the policy
  // that the key belongs to. `ttl` is how long each token lives, counted from its refresh.
  RenewableSasToken(std::string uri, std::shared_ptr<SigningMechanism> signing_mechanism,
                    std::string key_name, std::chrono::seconds ttl);
  ~RenewableSasToken() override;

  const std::string& text() const& override { return text_; }
  void text() const&& = delete;
  std::chrono::sys_seconds expiry() const override { return expiry_; }
  bool renewable() const override { return true; }
  std::chrono::seconds ttl() const override { return ttl_; }
  // As in Python, a signature that fails leaves the new expiry with the old text: whoever retries
  // has to remember when that text expires. An expiry beyond what can be represented becomes the
  // last one that can.
  Error refresh(WallTime now) override;

 private:
  std::string uri_;
  std::shared_ptr<SigningMechanism> signing_mechanism_;
  std::string key_name_;
  std::chrono::seconds ttl_;
  std::chrono::sys_seconds expiry_{};
  std::string text_;
};

// A token that the user brought along. Once it expires he has to bring another.
class NonRenewableSasToken final : public SasToken {
 public:
  // Reads a token. The error, Errc::sas_token, says which rule the text breaks, never the text.
  static Result<std::unique_ptr<NonRenewableSasToken>> parse(std::string_view token);
  ~NonRenewableSasToken() override;

  const std::string& text() const& override { return text_; }
  void text() const&& = delete;
  std::chrono::sys_seconds expiry() const override { return expiry_; }
  bool renewable() const override { return false; }
  Error refresh(WallTime now) override;

  // What the token gives access to, decoded.
  const std::string& resource_uri() const& { return resource_uri_; }
  void resource_uri() const&& = delete;

 private:
  NonRenewableSasToken() = default;

  std::string text_;
  std::string resource_uri_;
  std::chrono::sys_seconds expiry_{};
};

}  // namespace azure::iot::device
