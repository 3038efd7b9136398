#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <vifi/result.h>

namespace vifi::gst {

/// First 15 bytes of the packets' key: a local set with BER lengths and one-byte tags, of SMPTE ST 336's experimental
/// class, then "VIFI". The 16th byte says what the set is.
inline constexpr std::array<std::uint8_t, 15> kKlvKey = {0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01,
                                                         0x0f, 0x56, 0x49, 0x46, 0x49, 0x00, 0x00};
inline constexpr std::uint8_t kKlvResult = 1;
inline constexpr std::uint8_t kKlvEvent = 2;
inline constexpr std::uint8_t kKlvVersion = 1;

/// One packet: key, length, local set; docs/klv.md lists the tags. Numbers are big-endian.
std::string to_klv(const Result& result, const std::string& stream);
std::string to_klv(const Event& event, const std::string& stream);

}  // namespace vifi::gst
