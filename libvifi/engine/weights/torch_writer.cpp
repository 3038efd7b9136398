#include "weights/torch_writer.h"

#include <span>
#include <string_view>

#include "base/atomic_file.h"
#include "weights/pickle_writer.h"
#include "weights/zip_writer.h"

namespace vifi {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

void write_torch_archive(AtomicFile& file, const TorchValue& value, const std::string& name) {
  const PickledValue pickled = pickle(value);
  ZipWriter zip(file);
  zip.add(name + "/data.pkl", bytes_of(pickled.bytes));
  zip.add(name + "/byteorder", bytes_of("little"));
  for (std::size_t i = 0; i < pickled.storages.size(); ++i) {
    const at::Tensor values = pickled.storages[i].detach().to(at::kCPU).contiguous();
    zip.add(name + "/data/" + std::to_string(i),
            {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
  zip.add(name + "/version", bytes_of("3\n"));  // of the container; torch refuses a file without
  zip.finish();
}

void save_torch_archive(const std::string& path, const TorchValue& value, const std::string& name) {
  AtomicFile file(path, "save checkpoint");
  write_torch_archive(file, value, name);
  file.commit();
}

}  // namespace vifi
