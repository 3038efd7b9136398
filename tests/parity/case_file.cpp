#include "case_file.h"

#include <algorithm>
#include <fstream>
#include <limits>

namespace vifi::parity {
namespace {

namespace fs = std::filesystem;

std::vector<std::byte> read_bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) {
    throw std::runtime_error(file.string() + ": cannot be opened");
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(stream.tellg()));
  stream.seekg(0);
  if (!stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
    throw std::runtime_error(file.string() + ": cannot be read");
  }
  return bytes;
}

std::size_t element_size(const std::string& dtype) {
  static const std::map<std::string, std::size_t> sizes = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"U16", 2},
                                                           {"I16", 2},  {"F16", 2}, {"U32", 4}, {"I32", 4},
                                                           {"F32", 4},  {"U64", 8}, {"I64", 8}, {"F64", 8}};
  const auto found = sizes.find(dtype);
  if (found == sizes.end()) {
    throw std::runtime_error("dtype " + dtype + " is not one the golden format uses");
  }
  return found->second;
}

nlohmann::json read_json(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    throw std::runtime_error(file.string() + ": cannot be opened");
  }
  try {
    return nlohmann::json::parse(stream);
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(file.string() + ": " + error.what());
  }
}

}  // namespace

std::int64_t Tensor::count() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    count *= size;
  }
  return count;
}

void Tensor::check_dtype(std::size_t size) const {
  if (element_size(dtype) != size) {
    throw std::runtime_error("a tensor of " + dtype + " was read as elements of " + std::to_string(size) + " bytes");
  }
}

std::map<std::string, Tensor> read_safetensors(const fs::path& file) {
  const std::vector<std::byte> bytes = read_bytes(file);
  const auto fail = [&](const std::string& what) { throw std::runtime_error(file.string() + ": " + what); };
  std::uint64_t header_size = 0;
  if (bytes.size() < sizeof header_size) {
    fail("shorter than its header length");
  }
  std::memcpy(&header_size, bytes.data(), sizeof header_size);
  if (header_size > bytes.size() - sizeof header_size) {
    fail("its header reaches past its end");
  }
  const std::size_t data_begin = sizeof header_size + header_size;
  const char* text = reinterpret_cast<const char*>(bytes.data()) + sizeof header_size;

  std::map<std::string, Tensor> tensors;
  const auto header = nlohmann::json::parse(text, text + header_size);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      continue;
    }
    Tensor tensor{entry.at("dtype"), entry.at("shape"), {}};
    const std::uint64_t begin = entry.at("data_offsets").at(0);
    const std::uint64_t end = entry.at("data_offsets").at(1);
    if (begin > end || end > bytes.size() - data_begin) {
      fail("tensor " + name + " reaches past its end");
    }
    if (static_cast<std::uint64_t>(tensor.count()) * element_size(tensor.dtype) != end - begin) {
      fail("tensor " + name + " has a range that its shape does not fill");
    }
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(data_begin);
    tensor.data.assign(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end));
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

std::vector<fs::path> find_cases(const fs::path& root) {
  std::vector<fs::path> folders;
  if (fs::exists(root / "case.json")) {
    folders.push_back(root);
    return folders;
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && entry.path().filename() == "case.json") {
      folders.push_back(entry.path().parent_path());
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

CaseFile read_case_header(const fs::path& folder) {
  const nlohmann::json json = read_json(folder / "case.json");
  try {
    CaseFile file;
    file.suite = json.at("suite");
    file.name = json.at("case");
    file.op = json.at("op");
    file.input.folder = fs::absolute(folder);
    file.input.params = json.value("params", nlohmann::json::object());
    const nlohmann::json files = json.value("files", nlohmann::json::object());
    for (const auto& [name, path] : files.items()) {
      file.input.files[name] = fs::absolute(folder / path.get<std::string>()).lexically_normal();
    }
    if (file.input.params.contains("max_seconds")) {
      file.limits.time =
          std::chrono::milliseconds(static_cast<long>(1000 * file.input.params["max_seconds"].get<double>()));
    }
    if (file.input.params.contains("max_memory_mb")) {
      file.limits.memory_bytes = file.input.params["max_memory_mb"].get<std::uint64_t>() << 20;
    }
    const nlohmann::json& expect = json.at("expect");
    const nlohmann::json tolerances = expect.value("tensors", nlohmann::json::object());
    for (const auto& [name, tolerance] : tolerances.items()) {
      file.expect.tolerances[name] = {tolerance.at("atol"), tolerance.at("rtol")};
    }
    file.expect.values = expect.value("values", nlohmann::json::object());
    if (expect.contains("error")) {
      file.expect.error = expect["error"].get<std::string>();
    }
    return file;
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error((folder / "case.json").string() + ": " + error.what());
  }
}

CaseFile read_case(const fs::path& folder) {
  CaseFile file = read_case_header(folder);
  const fs::path tensors = folder / "tensors.safetensors";
  if (fs::exists(tensors)) {
    for (auto& [name, tensor] : read_safetensors(tensors)) {
      if (name.starts_with("in/")) {
        file.input.inputs.emplace(name.substr(3), std::move(tensor));
      } else if (name.starts_with("out/")) {
        file.expect.tensors.emplace(name.substr(4), std::move(tensor));
      }
    }
  }
  for (const auto& [name, tolerance] : file.expect.tolerances) {
    if (!file.expect.tensors.contains(name)) {
      throw std::runtime_error(folder.string() + ": expects tensor " + name + ", which tensors.safetensors lacks");
    }
  }
  return file;
}

}  // namespace vifi::parity
