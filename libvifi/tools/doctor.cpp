#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "commands.h"
#include "output.h"
#include "vifi/bundle.h"
#include "vifi/engine.h"
#include "vifi/error.h"
#include "vifi/model_cache.h"
#include "vifi/tokenizer.h"
#if VIFI_HAVE_MEDIA
#include "vifi/media_report.h"
#endif

namespace vifi::tools {
namespace {

enum class Health { good, missing, broken };  ///< missing: something is limited; broken: the main job cannot run

struct Finding {
  Health health = Health::good;
  std::string part;    ///< "engine"
  std::string state;   ///< "libtorch 2.11.0"
  std::string cure;    ///< empty where nothing is wrong
};

std::string sentence(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

void examine_media(std::vector<Finding>& findings) {
#if VIFI_HAVE_MEDIA
  try {
    const MediaReport report = inspect_media();
    findings.push_back({Health::good, "media", report.version, {}});
    std::vector<std::string> readable;
    for (const MediaElement& element : report.elements) {
      if (element.found) {
        if (!element.required) readable.push_back(element.purpose);
        continue;
      }
      findings.push_back({element.required ? Health::broken : Health::missing, "media",
                          fmt::format("no element {} ({})", element.name, element.purpose),
                          "install " + element.package});
    }
    findings.push_back({Health::good, "media", "reads " + sentence(readable), {}});
  } catch (const Error& error) {
    findings.push_back({Health::broken, "media", error.message(), error.hint()});
  }
#else
  findings.push_back({Health::broken, "media", "this build has no GStreamer: videos cannot be read",
                      "build where libgstreamer-plugins-base1.0-dev is installed"});
#endif
}

void examine_tokenizers(std::vector<Finding>& findings) {
  if (has_sentencepiece()) {
    findings.push_back({Health::good, "tokenizers", "CLIP's vocabulary, SentencePiece", {}});
  } else {
    findings.push_back({Health::missing, "tokenizers", "CLIP's vocabulary; this build has no SentencePiece",
                        "build where libsentencepiece-dev is installed"});
  }
}

void examine_engine(std::vector<Finding>& findings) {
  try {
    const EngineInfo info = engine().info();
    findings.push_back({Health::good, "engine", fmt::format("{} ({})", info.library, info.path), {}});
    for (const DeviceInfo& device : info.devices) {
      findings.push_back({Health::good, "device", fmt::format("{}: {}", device.name, device.description), {}});
    }
    // Without a GPU nothing is missing: models run on the processor.
    const bool limited = info.gpu_present && !info.cuda_cure.empty();
    findings.push_back({limited ? Health::missing : Health::good, "CUDA", info.cuda, limited ? info.cuda_cure : ""});
  } catch (const Error& error) {
    findings.push_back({Health::broken, "engine", error.message(), error.hint()});
  }
}

void examine_fetched_models(std::vector<Finding>& findings) {
#if !VIFI_HAVE_FETCH
  findings.push_back({Health::missing, "fetch", "this build has no libcurl: models cannot be downloaded",
                      "build where libcurl4-openssl-dev is installed"});
#endif
  std::vector<std::string> names;
  std::error_code error;
  const std::string cache = model_cache_path();
  for (std::filesystem::directory_iterator entry(cache, error), end; !error && entry != end; entry.increment(error)) {
    if (is_bundle(entry->path())) names.push_back(entry->path().filename());
  }
  std::sort(names.begin(), names.end());
  if (!names.empty()) findings.push_back({Health::good, "models", fmt::format("{} in {}", sentence(names), cache), {}});
}

void examine_default_model(std::vector<Finding>& findings) {
  const std::string path = default_model_path();
  const std::string cure = "run setup.sh, or set VIFI_DEFAULT_MODEL to a bundle or checkpoint";
  if (!std::filesystem::exists(path)) {
    findings.push_back({Health::broken, "default model", path + ": no such file", cure});
    return;
  }
  if (!is_bundle(path)) {
    findings.push_back({Health::good, "default model", path + " (a bare checkpoint)", {}});
    return;
  }
  try {
    const Bundle bundle = read_bundle(path);
    if (!std::filesystem::exists(bundle.weights)) {
      findings.push_back({Health::broken, "default model", bundle.weights + ": no such file", cure});
      return;
    }
    findings.push_back({Health::good, "default model",
                        fmt::format("{} ({}, {} labels)", path, bundle.method, bundle.labels.size()), {}});
  } catch (const Error& error) {
    findings.push_back({Health::broken, "default model", error.message(), error.hint()});
  }
}

const char* word_for(Health health) {
  switch (health) {
    case Health::good: return "ok";
    case Health::missing: return "missing";
    case Health::broken: return "BROKEN";
  }
  return "";
}

void print(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::cout << padded(word_for(finding.health), 9) << padded(finding.part, 15) << finding.state << '\n';
    if (!finding.cure.empty()) std::cout << std::string(24, ' ') << "-> " << finding.cure << '\n';
  }
}

void print_json(const std::vector<Finding>& findings, bool usable) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"part", finding.part}, {"ok", finding.health == Health::good}, {"state", finding.state},
                    {"cure", finding.cure}});
  }
  const nlohmann::ordered_json report{{"version", VIFI_VERSION}, {"usable", usable}, {"findings", list}};
  std::cout << report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

int doctor(bool json) {
  std::vector<Finding> findings{
      {Health::good, "vifi", fmt::format("{}, {} processor cores", VIFI_VERSION, std::thread::hardware_concurrency()), {}}};
  examine_media(findings);
  examine_engine(findings);
  examine_tokenizers(findings);
  examine_default_model(findings);
  examine_fetched_models(findings);
  const bool usable = std::none_of(findings.begin(), findings.end(),
                                   [](const Finding& finding) { return finding.health == Health::broken; });
  if (json) {
    print_json(findings, usable);
  } else {
    print(findings);
    std::cout << (usable ? "\nVideos can be classified.\n" : "\nVideos cannot be classified until BROKEN parts are mended.\n");
  }
  return usable ? kDone : kFailed;
}

}  // namespace

void add_doctor(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("doctor", "Tell what is installed, what is missing and how to get it");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object");
  command->footer("Example:\n  vifi doctor\nExit status 1 if videos cannot be classified.");
  command->callback([json, &action] { action = [json] { return doctor(*json); }; });
}

}  // namespace vifi::tools
