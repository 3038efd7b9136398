#include "text/embedded.h"

#include <memory>

#include <zlib.h>

#include "text/data_paths.h"  // made by the build
#include "vifi/error.h"

// clang-format off
// The assembler copies the file into the read-only data, between two symbols.
#define VIFI_EMBED(symbol, path)          \
  asm(".pushsection .rodata\n"            \
      ".hidden " #symbol "_begin\n"       \
      ".globl " #symbol "_begin\n"        \
      ".hidden " #symbol "_end\n"         \
      ".globl " #symbol "_end\n"          \
      #symbol "_begin:\n"                 \
      ".incbin \"" path "\"\n"            \
      #symbol "_end:\n"                   \
      ".byte 0\n"                         \
      ".popsection\n");                   \
  extern "C" {                            \
  extern const char symbol##_begin[];     \
  extern const char symbol##_end[];       \
  }
// clang-format on

VIFI_EMBED(vifi_bpe_merges, VIFI_BPE_MERGES_PATH)
VIFI_EMBED(vifi_html_entities, VIFI_HTML_ENTITIES_PATH)

namespace vifi::text {

std::string_view embedded_bpe_merges() {
  return {vifi_bpe_merges_begin, vifi_bpe_merges_end};
}

std::string_view embedded_html_entities() {
  return {vifi_html_entities_begin, vifi_html_entities_end};
}

std::string gunzip(std::string_view packed, std::size_t largest) {
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
    throw Error(ErrorCode::out_of_memory, "[gunzip] zlib cannot start");
  }
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, &inflateEnd);
  std::string unpacked(largest, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  if (inflate(&stream, Z_FINISH) != Z_STREAM_END) {
    throw Error(ErrorCode::corrupt, "[gunzip] no whole gzip stream of at most " + std::to_string(largest) + " bytes");
  }
  unpacked.resize(stream.total_out);
  return unpacked;
}

}  // namespace vifi::text
