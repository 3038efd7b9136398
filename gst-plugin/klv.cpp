#include "klv.h"

#include <bit>

namespace vifi::gst {
namespace {

enum Tag : std::uint8_t {
  kVersion = 1,
  kStream = 2,
  kSeq = 3,
  kStart = 4,
  kEnd = 5,
  kUtc = 6,
  kTimecode = 7,
  kPts = 8,
  kAccepted = 9,
  kBackground = 10,
  kModel = 11,
  kLabel = 12,
  kPhase = 13,
  kName = 14,
  kId = 15,
  kScore = 16,
  kPeak = 17,
  kSimilarity = 18,
};

template <typename Unsigned>
std::string big_endian(Unsigned value) {
  std::string bytes;
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((value >> shift) & 0xff));
  }
  return bytes;
}

/// The short form below 128, else the shortest long one.
std::string ber_length(std::size_t length) {
  if (length < 0x80) return std::string(1, static_cast<char>(length));
  std::string bytes = big_endian(static_cast<std::uint64_t>(length));
  bytes.erase(0, bytes.find_first_not_of('\0'));
  return static_cast<char>(0x80 | bytes.size()) + bytes;
}

class LocalSet {
 public:
  void add(Tag tag, const std::string& value) {
    bytes_ += static_cast<char>(tag);
    bytes_ += ber_length(value.size()) + value;
  }
  void add_byte(Tag tag, std::uint8_t value) { add(tag, std::string(1, static_cast<char>(value))); }
  void add_number(Tag tag, std::uint64_t value) { add(tag, big_endian(value)); }
  void add_time(Tag tag, std::int64_t ns) {
    if (ns >= 0) add_number(tag, static_cast<std::uint64_t>(ns));
  }
  void add_id(Tag tag, int id) { add(tag, big_endian(static_cast<std::uint32_t>(id))); }
  void add_float(Tag tag, float value) { add(tag, big_endian(std::bit_cast<std::uint32_t>(value))); }
  void add_text(Tag tag, const std::string& text) {
    if (!text.empty()) add(tag, text);
  }

  const std::string& bytes() const { return bytes_; }
  std::string packet(std::uint8_t kind) const {
    std::string packet(kKlvKey.begin(), kKlvKey.end());
    packet += static_cast<char>(kind);
    return packet + ber_length(bytes_.size()) + bytes_;
  }

 private:
  std::string bytes_;
};

template <typename Told>
LocalSet common(const Told& told, const std::string& stream) {
  LocalSet set;
  set.add_byte(kVersion, kKlvVersion);
  set.add_text(kStream, stream);
  set.add_number(kSeq, told.seq);
  set.add_time(kStart, told.start_ns);
  set.add_time(kEnd, told.end_ns);
  if (told.tag.utc_ns > 0) set.add_number(kUtc, static_cast<std::uint64_t>(told.tag.utc_ns / 1000));
  set.add_text(kTimecode, told.tag.timecode);
  return set;
}

std::uint8_t number_of(EventPhase phase) {
  switch (phase) {
    case EventPhase::start:
      return 0;
    case EventPhase::update:
      return 1;
    case EventPhase::end:
      return 2;
  }
  return 2;
}

}  // namespace

std::string to_klv(const Result& result, const std::string& stream) {
  LocalSet set = common(result, stream);
  set.add_time(kPts, result.pts_ns);
  set.add_byte(kAccepted, result.accepted ? 1 : 0);
  set.add_float(kBackground, result.background);
  set.add_text(kModel, result.model);
  for (const ScoredLabel& label : result.labels) {
    LocalSet nested;
    nested.add_text(kName, label.name);
    nested.add_id(kId, label.id);
    nested.add_float(kScore, label.score);
    nested.add_float(kSimilarity, label.similarity);
    set.add(kLabel, nested.bytes());
  }
  return set.packet(kKlvResult);
}

std::string to_klv(const Event& event, const std::string& stream) {
  LocalSet set = common(event, stream);
  set.add_byte(kPhase, number_of(event.phase));
  set.add_text(kName, event.name);
  set.add_id(kId, event.id);
  set.add_float(kScore, event.score);
  set.add_float(kPeak, event.peak);
  return set.packet(kKlvEvent);
}

}  // namespace vifi::gst
