#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/export.h"

/// Downloading models: libvifi-fetch, for builds with libcurl.
namespace vifi {

/// Weights that somebody publishes, and the checksum that they have.
struct PublishedModel {
  std::string name;     ///< "ViT-B/16"
  std::string file;     ///< "ViT-B-16.pt"
  std::string sha256;
  std::string address;
  bool runs = true;     ///< false: fetched like the others, but the library does not know its architecture
};

/// OpenAI's CLIP weights.
VIFI_API const std::vector<PublishedModel>& published_models();

struct FetchOptions {
  std::string source;               ///< a published model's name, or an http or https address
  std::string sha256;               ///< 64 hexadecimal digits; required for an address, the published one for a name
  std::string name;                 ///< what the model is called in the cache; empty: as published, or the file's name
  std::string folder;               ///< where the bundle will stand instead of the cache; empty: in the cache
  std::string mirror;               ///< takes published models from `MIRROR/SHA256/FILE`; empty: from their address
  int attempts = 5;                 ///< in a row that bring nothing new; what interrupts a transfer costs one
  double retry_delay_s = 1;         ///< before the second attempt in a row; doubles up to a minute
  double stall_timeout_s = 30;      ///< longest wait for the next byte
  std::uint64_t largest = 64ULL << 30;  ///< bytes; more are refused
};

/// How a caller follows a download. Both may be empty and are called in the caller's thread; what they throw ends
/// the download, which can be resumed.
struct FetchObserver {
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  ///< bytes; total 0: not known
  std::function<void(std::string_view)> remark;  ///< a sentence: why it begins again, what it waits for
};

struct FetchedModel {
  std::string folder;               ///< the bundle
  std::string weights;              ///< absolute path of its weights
  std::string sha256;
  std::uint64_t size = 0;           ///< of the weights in bytes
  std::uint64_t downloaded = 0;     ///< bytes that this call brought
  bool was_there = false;           ///< nothing had to be done
};

/// Downloads weights, checks them, and makes a bundle of them (docs/bundle.md). Nothing stands in `folder` before its
/// checksum was right; what an interrupted download brought is kept beside it, and the next call goes on from there.
/// Two processes that want the same folder take turns. Proxies: libcurl's variables (https_proxy, no_proxy, …);
/// certificates: CURL_CA_BUNDLE or SSL_CERT_FILE where they are set.
/// @throws Error(invalid_argument, not_found, unreadable, corrupt, unsupported)
VIFI_API FetchedModel fetch_model(const FetchOptions& options, const FetchObserver& observer = {});

}  // namespace vifi
