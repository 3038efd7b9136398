#include "weights/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "weights/mapped_file.h"
#include "weights/safetensors.h"
#include "weights/torch_archive.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxJsonSize = 16 << 20;

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

nlohmann::json read_json(const fs::path& path) {
  const auto file = MappedFile::open(path.string());
  if (file->bytes().size() > kMaxJsonSize) {
    throw WeightsError(WeightsErrorKind::corrupt, path.string() + ": " + std::to_string(file->bytes().size()) +
                                                      " bytes are too many for a configuration");
  }
  try {
    nlohmann::json value = parse_json(text_of(*file));
    if (value.is_object()) {
      return value;
    }
  } catch (const std::invalid_argument& e) {
    throw WeightsError(WeightsErrorKind::corrupt, path.string() + ": " + e.what(), "copy or download it again");
  }
  throw WeightsError(WeightsErrorKind::corrupt, path.string() + ": expected a JSON object");
}

bool looks_like_text(std::string_view bytes) {
  constexpr std::size_t kEnough = 4096;
  const std::string_view start = bytes.substr(0, kEnough);
  return std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    // UTF-8 has no bytes from 0xf8 on.
    return byte >= 0x20 ? byte != 0x7f && byte < 0xf8 : byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  });
}

[[noreturn]] void refuse_format(const std::string& path, const std::string& what, std::string hint) {
  throw WeightsError(WeightsErrorKind::unsupported, path + " is " + what, std::move(hint));
}

[[noreturn]] void refuse_text(const std::string& path, std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\f");
  const std::string_view start = first == std::string_view::npos ? std::string_view{} : text.substr(first);
  if (start.starts_with("<")) {
    refuse_format(path, "an HTML or XML page, not a parameter file", "the download probably failed: fetch it again");
  }
  if (start.starts_with("version https://git-lfs")) {
    refuse_format(path, "a Git LFS pointer, not the parameter file itself", "fetch the content: git lfs pull");
  }
  if (start.starts_with("{")) {
    refuse_format(path, "a JSON file, not a parameter file", "give the weights or the folder they lie in");
  }
  refuse_format(path, "a text file, not a parameter file", "give a .safetensors, .pt or .pth file or a model's folder");
}

/// Formats that are known well enough to be named.
void refuse_known_formats(const std::string& path, std::string_view bytes) {
  struct Magic {
    std::string_view start;
    std::string_view format;
  };
  static constexpr Magic kMagics[] = {{"GGUF", "a GGUF file"},
                                      {"\x89HDF", "an HDF5 file"},
                                      {"\x93NUMPY", "a NumPy file"},
                                      {"\x1f\x8b", "a gzip file"},
                                      {"BZh", "a bzip2 file"},
                                      {"\xfd" "7zXZ", "an xz file"},
                                      {"\x28\xb5\x2f\xfd", "a zstd file"},
                                      {"\x7f" "ELF", "a program or library"}};
  constexpr std::string_view kPickle("\x80", 1);
  constexpr std::string_view kLegacyTorch("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
  constexpr std::size_t kTarMagic = 257;
  if (bytes.starts_with(kPickle) && bytes.size() > 2 && static_cast<unsigned char>(bytes[1]) <= 8) {
    const bool legacy = bytes.substr(2).starts_with(kLegacyTorch);
    refuse_format(path, legacy ? "a torch file of the time before ZIP archives (torch < 1.6)" : "a plain pickle",
                  "load it in Python and save it again: torch.save(model.state_dict(), path), or as safetensors");
  }
  if (bytes.size() > kTarMagic + 5 && bytes.substr(kTarMagic, 5) == "ustar") {
    refuse_format(path, "a tar file", "unpack it");
  }
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.start)) {
      refuse_format(path, std::string(magic.format), "give a .safetensors, .pt or .pth file or a model's folder");
    }
  }
}

/// One file of weights, whatever its name.
Checkpoint read_file(const std::string& path) {
  const auto file = MappedFile::open(path);
  const std::string_view bytes = text_of(*file);
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) {
    return read_torch_archive(file);
  }
  if (looks_like_text(bytes)) {
    refuse_text(path, bytes);
  }
  refuse_known_formats(path, bytes);
  constexpr std::size_t kPrefix = 8;
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), std::min(bytes.size(), kPrefix));
  constexpr std::uint64_t kPlausible = 1U << 30;
  if (header_size > kPlausible && !(bytes.size() > kPrefix && bytes[kPrefix] == '{')) {
    refuse_format(path, "of no known format", "give a .safetensors, .pt or .pth file or a model's folder");
  }
  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.container = "safetensors";
  checkpoint.tensors = read_safetensors(file);
  return checkpoint;
}

/// Files of an index, in its order of names. @throws WeightsError(not_found, unsafe_path)
std::vector<std::string> shards_of(const fs::path& folder, const fs::path& index, const nlohmann::json& weight_map) {
  std::set<std::string> names;
  for (const auto& [tensor, file] : weight_map.items()) {
    if (!file.is_string()) {
      throw WeightsError(WeightsErrorKind::corrupt, index.string() + ": the file of tensor " + tensor + " is no string");
    }
    names.insert(file.get<std::string>());
  }
  const auto leaves_folder = [](const std::string& name) {
    const fs::path path(name);
    return name.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end() ||
           name.find('\0') != std::string::npos;
  };
  for (const std::string& name : names) {
    if (!leaves_folder(name) && !is_there(folder / name)) {
      throw WeightsError(WeightsErrorKind::not_found, index.string() + " names " + name + ", which does not exist",
                         "the download is incomplete: fetch the missing files");
    }
  }
  for (const std::string& name : names) {
    if (leaves_folder(name)) {
      throw WeightsError(WeightsErrorKind::unsafe_path,
                         index.string() + " names " + name + ", which lies outside the folder; it was not opened",
                         "get the model from a source you trust");
    }
  }
  return {names.begin(), names.end()};
}

Checkpoint read_shards(const fs::path& folder, const fs::path& index) {
  const nlohmann::json content = read_json(index);
  const auto map = content.find("weight_map");
  if (map == content.end() || !map->is_object() || map->empty()) {
    throw WeightsError(WeightsErrorKind::corrupt, index.string() + ": weight_map is missing or no object");
  }
  Checkpoint whole;
  for (const std::string& name : shards_of(folder, index, *map)) {
    Checkpoint shard = read_file((folder / name).string());
    whole.container = shard.container;
    for (auto& [tensor_name, tensor] : shard.tensors) {
      if (!whole.tensors.emplace(tensor_name, std::move(tensor)).second) {
        throw WeightsError(WeightsErrorKind::corrupt,
                           (folder / name).string() + ": tensor " + tensor_name + " is in another shard too");
      }
    }
  }
  for (const auto& [name, file] : map->items()) {
    if (whole.tensors.count(name) == 0) {
      throw WeightsError(WeightsErrorKind::missing_tensor,
                         name + " is not in " + (folder / file.get<std::string>()).string() + ", where " +
                             index.filename().string() + " puts it");
    }
  }
  return whole;
}

/// What a published folder may hold, best first.
struct FolderForm {
  const char* config;
  const char* weights;
  bool index;
};
constexpr FolderForm kFolderForms[] = {
    {"config.json", "model.safetensors", false},
    {"config.json", "model.safetensors.index.json", true},
    {"open_clip_config.json", "open_clip_model.safetensors", false},
    {"open_clip_config.json", "open_clip_pytorch_model.bin", false},
    {"config.json", "pytorch_model.bin", false},
    {"config.json", "pytorch_model.bin.index.json", true},
};

void add_config(const fs::path& path, Checkpoint& checkpoint) {
  checkpoint.config = read_json(path);
  checkpoint.config_path = path.string();
}

Checkpoint read_folder(const fs::path& folder) {
  for (const FolderForm& form : kFolderForms) {
    const fs::path weights = folder / form.weights;
    if (!is_there(folder / form.config) || !is_there(weights)) {
      continue;
    }
    Checkpoint config_only;
    add_config(folder / form.config, config_only);
    Checkpoint checkpoint = form.index ? read_shards(folder, weights) : read_file(weights.string());
    checkpoint.path = folder.string();
    checkpoint.config = std::move(config_only.config);
    checkpoint.config_path = std::move(config_only.config_path);
    return checkpoint;
  }
  for (const FolderForm& form : kFolderForms) {
    if (!is_there(folder / form.config) && is_there(folder / form.weights)) {
      throw WeightsError(WeightsErrorKind::unsupported,
                         folder.string() + " has " + form.weights + " but no " + form.config,
                         "fetch the configuration too");
    }
  }
  throw WeightsError(WeightsErrorKind::not_found, folder.string() + " holds no weights",
                     "expected config.json with model.safetensors or pytorch_model.bin, or open_clip_config.json with "
                     "open_clip_model.safetensors");
}

/// A weights file was named instead of its folder: the configuration beside it counts all the same.
void add_config_beside(const fs::path& file, Checkpoint& checkpoint) {
  const bool hugging_face = checkpoint.tensors.lower_bound("vision_model.") != checkpoint.tensors.end() &&
                            checkpoint.tensors.lower_bound("vision_model.")->first.starts_with("vision_model.");
  const bool open_clip = file.filename().string().starts_with("open_clip_");
  const fs::path config = file.parent_path() / (hugging_face ? "config.json" : "open_clip_config.json");
  if ((hugging_face || open_clip) && is_there(config)) {
    add_config(config, checkpoint);
  }
}

}  // namespace

Checkpoint read_checkpoint(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return read_folder(path);
  }
  Checkpoint checkpoint = read_file(path);
  add_config_beside(path, checkpoint);
  return checkpoint;
}

}  // namespace vifi
