#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "vifi/export.h"

namespace vifi {

/// SHA-256 (FIPS 180-4), in pieces. Not thread-safe.
class VIFI_API Sha256 {
 public:
  /// @param fast  use the processor's SHA instructions; both ways give the same
  explicit Sha256(bool fast = is_fast()) noexcept;

  void update(std::span<const std::byte> bytes);
  /// The digest as 64 lower-case hexadecimal digits. Ends the computation.
  std::string finish();

  /// Does the processor have SHA instructions (some 1.5 GB/s instead of some 0.3)?
  static bool is_fast() noexcept;

 private:
  using State = std::array<std::uint32_t, 8>;
  static constexpr std::size_t kBlock = 64;

  void (*compress_)(State&, const std::byte* blocks, std::size_t count);
  State state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, kBlock> rest_{};  ///< bytes that fill no block yet
  std::uint64_t size_ = 0;                ///< bytes so far
};

/// @throws Error(not_found, unreadable)
VIFI_API std::string sha256_of_file(const std::string& path);

}  // namespace vifi
