#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weights/checkpoint.h"
#include "weights/weights_error.h"

/// Parameter files built by hand, byte by byte, whole or broken.
namespace vifi::testing_files {

/// A folder that vanishes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("vifi-weights-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Little-endian bytes of a number.
template <typename T>
std::string raw(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

inline std::string raw(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) {
    bytes += raw(value);
  }
  return bytes;
}

inline std::string safetensors(std::string_view header, std::string_view data) {
  return raw<std::uint64_t>(header.size()) + std::string(header) + std::string(data);
}

/// A ZIP file of uncompressed records.
class Zip {
 public:
  /// @param declared_size  what the directory says; default: the truth
  Zip& add(const std::string& name, std::string_view content, std::optional<std::uint32_t> declared_size = {}) {
    const auto size = declared_size.value_or(static_cast<std::uint32_t>(content.size()));
    const std::string common = std::string(2, '\0') + raw<std::uint16_t>(method_) + std::string(8, '\0') +
                               raw(size) + raw(size) + raw(static_cast<std::uint16_t>(name.size())) +
                               raw<std::uint16_t>(0);
    directory_ += "PK\x01\x02" + std::string(4, '\0') + common + std::string(10, '\0') +
                  raw(static_cast<std::uint32_t>(records_.size())) + name;
    records_ += "PK\x03\x04" + raw<std::uint16_t>(20) + common + name + std::string(content);
    ++count_;
    return *this;
  }
  Zip& method(std::uint16_t method) {
    method_ = method;
    return *this;
  }
  std::string bytes() const {
    return records_ + directory_ + "PK\x05\x06" + std::string(4, '\0') + raw(count_) + raw(count_) +
           raw(static_cast<std::uint32_t>(directory_.size())) + raw(static_cast<std::uint32_t>(records_.size())) +
           std::string(2, '\0');
  }

 private:
  std::string records_;
  std::string directory_;
  std::uint16_t count_ = 0;
  std::uint16_t method_ = 0;
};

/// A pickle, opcode by opcode (Python's pickletools names them).
class Pickle {
 public:
  explicit Pickle(int protocol = 2) : bytes_("\x80" + std::string(1, static_cast<char>(protocol))) {}

  Pickle& op(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  Pickle& global(const std::string& module, const std::string& name) { return op("c" + module + "\n" + name + "\n"); }
  Pickle& text(const std::string& text) { return op("X" + raw(static_cast<std::uint32_t>(text.size())) + text); }
  Pickle& integer(std::int64_t value) { return op("\x8a\x08" + raw(value)); }
  Pickle& integers(const std::vector<std::int64_t>& values) {
    op("(");
    for (const std::int64_t value : values) {
      integer(value);
    }
    return op("t");
  }
  Pickle& storage(const std::string& type, const std::string& key, std::int64_t elements) {
    return op("(").text("storage").global("torch", type).text(key).text("cuda:0").integer(elements).op("tQ");
  }
  /// A view of a storage, as torch.save writes it.
  Pickle& tensor(const std::string& type, const std::string& key, std::int64_t elements, std::int64_t offset,
                 const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
    global("torch._utils", "_rebuild_tensor_v2").op("(").storage(type, key, elements).integer(offset);
    return integers(sizes).integers(strides).op("\x89").global("collections", "OrderedDict").op(")RtR");
  }
  std::string bytes() const { return bytes_ + "."; }

 private:
  std::string bytes_;
};

/// The file torch.save would make of a pickle and its storages.
inline std::string torch_file(const Pickle& pickle, const std::vector<std::pair<std::string, std::string>>& storages) {
  Zip zip;
  zip.add("archive/data.pkl", pickle.bytes()).add("archive/byteorder", "little");
  for (const auto& [key, content] : storages) {
    zip.add("archive/data/" + key, content);
  }
  return zip.bytes();
}

/// "kind: message" of the refusal of a file, or "accepted".
inline std::string refusal(const std::string& path) {
  try {
    read_checkpoint(path);
    return "accepted";
  } catch (const WeightsError& e) {
    return std::string(name_of(e.kind())) + ": " + e.message();
  }
}

/// The same for a file of this content.
inline std::string refusal_of(std::string_view content) {
  const TemporaryFolder folder;
  return refusal(folder.write("weights", content));
}

inline Checkpoint read(std::string_view content) {
  const TemporaryFolder folder;
  return read_checkpoint(folder.write("weights", content));
}

inline std::vector<float> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kFloat).contiguous();
  const float* first = flat.const_data_ptr<float>();
  return {first, first + flat.numel()};
}

}  // namespace vifi::testing_files
