#include "published.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace vifi {
namespace {

constexpr std::string_view kOpenAi = "https://openaipublic.azureedge.net/clip/models/";

/// As openai/CLIP lists them: `clip/clip.py` at commit d05afc4. Each lies in a folder named by its checksum.
struct Row {
  std::string_view name;
  std::string_view file;
  std::string_view sha256;
};
constexpr Row kRows[] = {
    {"ViT-B/32", "ViT-B-32.pt", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"},
    {"ViT-B/16", "ViT-B-16.pt", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"},
    {"ViT-L/14", "ViT-L-14.pt", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"},
    {"ViT-L/14@336px", "ViT-L-14-336px.pt", "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"},
    {"RN50", "RN50.pt", "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762"},
    {"RN101", "RN101.pt", "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599"},
    {"RN50x4", "RN50x4.pt", "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd"},
    {"RN50x16", "RN50x16.pt", "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa"},
    {"RN50x64", "RN50x64.pt", "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c"},
};

bool is_transformer(std::string_view name) { return name.starts_with("ViT"); }

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

const std::vector<PublishedModel>& published_models() {
  static const std::vector<PublishedModel> models = [] {
    std::vector<PublishedModel> list;
    for (const Row& row : kRows) {
      const std::string address = std::string(kOpenAi) + std::string(row.sha256) + "/" + std::string(row.file);
      list.push_back({std::string(row.name), std::string(row.file), std::string(row.sha256), address,
                      is_transformer(row.name)});
    }
    return list;
  }();
  return models;
}

const PublishedModel* published_model(std::string_view name) {
  const auto& models = published_models();
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const PublishedModel& model) { return same_letters(model.name, name); });
  return found == models.end() ? nullptr : &*found;
}

nlohmann::ordered_json published_bundle(const PublishedModel& model) {
  nlohmann::ordered_json bundle = nlohmann::ordered_json::object();
  if (model.runs) {
    // openai/CLIP's own preparation, `_transform` of clip/clip.py. The window is this library's default.
    const int side = model.name.ends_with("@336px") ? 336 : 224;
    bundle["tokenizer"] = {{"kind", "clip-bpe"}};
    bundle["preprocess"] = {{"resize", "short-side"},
                            {"size", side},
                            {"interpolation", "bicubic"},
                            {"antialias", true},
                            {"rounding", "pillow"},
                            {"crop", "center"},
                            {"mean", {0.48145466, 0.4578275, 0.40821073}},
                            {"std", {0.26862954, 0.26130258, 0.27577711}}};
    bundle["activation"] = "quick_gelu";
    bundle["prompt_template"] = "a photo of a {}.";
    bundle["window"] = {{"frames", 16}, {"duration_ns", 4'000'000'000}, {"hop_ns", 1'000'000'000}};
  }
  bundle["provenance"] = {{"licence", "MIT (repository openai/CLIP)"},
                          {"trained_on", "400 million pairs of pictures and texts of the web, collected by OpenAI"}};
  return bundle;
}

}  // namespace vifi
