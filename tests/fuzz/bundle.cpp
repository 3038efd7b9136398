#include "vifi/bundle.h"

#include <filesystem>
#include <fstream>

#include "fuzz.h"
#include "vifi/log.h"

namespace {

/// A folder for vifi.json, with weights beside it, that vanishes with the program.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("vifi-fuzz-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
    std::ofstream(path_ / "model.safetensors") << "weights";
    vifi::set_log_sink([](vifi::LogLevel, std::string_view) {});
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string write(std::string_view content) const {
    std::ofstream(path_ / "vifi.json", std::ios::binary) << content;
    return path_;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  vifi::fuzz::taken_or_refused([&] {
    const vifi::Bundle bundle = vifi::read_bundle(folder.write(vifi::fuzz::text_of(data, size)));
    for (const std::string& file : {bundle.weights, bundle.base_weights, bundle.tokenizer_file}) {
      vifi::fuzz::require(file.empty() || file.starts_with(folder.path().string()), "a path leaves the folder");
    }
    if (bundle.preprocess) vifi::Preparer preparer(*bundle.preprocess);
    vifi::verify_weights(bundle);
  });
  return 0;
}
