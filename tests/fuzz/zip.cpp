#include "weights/zip_archive.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static vifi::fuzz::MemoryFile file;
  vifi::fuzz::taken_or_refused([&] {
    const vifi::ZipArchive archive(vifi::MappedFile::open(file.write(vifi::fuzz::text_of(data, size))));
    for (const std::string& name : archive.names()) {
      vifi::fuzz::taken_or_refused([&] {
        const auto record = archive.find(name);
        vifi::fuzz::require(record && record->size() <= size, "a record is larger than its file");
        std::byte sum{};
        for (const std::byte byte : *record) sum ^= byte;  // every byte can be read
        static volatile std::byte kept;
        kept = sum;
      });
    }
  });
  return 0;
}
