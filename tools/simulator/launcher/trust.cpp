#include "launcher/trust.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

namespace {

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

void free_bio(BIO* bio) { BIO_free(bio); }

// The broker reads that many, one after the other, when a device connects.
constexpr int kMostOfAHolder = 64;

// OpenSSL looks for `hash.0`, `hash.1` and so on, up to the first that is not there.
std::filesystem::path file_for(const std::filesystem::path& directory, unsigned long hash,
                               const std::string& text) {
  std::array<char, 9> name{};
  std::snprintf(name.data(), name.size(), "%08lx", hash & 0xFFFFFFFF);
  for (int number = 0; number < kMostOfAHolder; ++number) {
    const auto file = directory / (std::string(name.data()) + "." + std::to_string(number));
    const auto there = read_file(file);
    if (!there || *there == text) return file;
  }
  throw std::invalid_argument("no more than " + std::to_string(kMostOfAHolder) +
                              " certificates of one holder are trusted, and that many, " +
                              name.data() + ".*, lie in " + directory.string() +
                              ": remove those that no device shows any more");
}

}  // namespace

std::filesystem::path trusted_directory(const std::filesystem::path& run) {
  const auto directory = run / "trusted";
  if (std::filesystem::create_directory(directory)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
  }
  return directory;
}

void trust(const std::filesystem::path& run, std::string_view pem) {
  const auto directory = trusted_directory(run);
  const Owned<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &free_bio);
  for (;;) {
    const Owned<X509> certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr),
                                  &X509_free);
    if (!certificate) return;
    const Owned<BIO> out(BIO_new(BIO_s_mem()), &free_bio);
    PEM_write_bio_X509(out.get(), certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    const std::string only(text, static_cast<std::size_t>(size));
    replace_file(file_for(directory, X509_subject_name_hash(certificate.get()), only), only);
  }
}

}  // namespace azure::iot::device::simulator
