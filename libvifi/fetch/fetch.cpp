#include "vifi/fetch.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "bundle_folder.h"
#include "download.h"
#include "part_file.h"
#include "published.h"
#include "response.h"
#include "vifi/error.h"
#include "vifi/model_cache.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, "[fetch] " + what, hint);
}

/// What is to be brought, and where to.
struct Plan {
  const PublishedModel* published = nullptr;
  std::string address;
  std::string sha256;  ///< lower case
  std::string file;    ///< name of the weights in the bundle
  fs::path folder;
};

std::string checked_sum(const std::string& given) {
  std::string sum = given;
  std::transform(sum.begin(), sum.end(), sum.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::size_t kDigits = 64;
  if (sum.size() != kDigits || sum.find_first_not_of("0123456789abcdef") != std::string::npos) {
    refuse("sha256: expected 64 hexadecimal digits, got \"" + given + "\"", "whoever publishes the file tells its checksum");
  }
  return sum;
}

bool is_address(const std::string& source) { return source.starts_with("http://") || source.starts_with("https://"); }

void plan_published(const FetchOptions& options, Plan& plan) {
  plan.published = published_model(options.source);
  if (!plan.published) {
    std::string names;
    for (const PublishedModel& model : published_models()) {
      names += (names.empty() ? "" : ", ") + model.name;
    }
    refuse("\"" + options.source + "\": expected an http or https address, or one of " + names,
           "`vifi fetch --list` shows them");
  }
  const PublishedModel& model = *plan.published;
  if (!options.sha256.empty() && checked_sum(options.sha256) != model.sha256) {
    refuse(model.name + " has sha256 " + model.sha256 + ", got " + options.sha256, "leave the checksum out for a published model");
  }
  plan.sha256 = model.sha256;
  plan.file = model.file;
  plan.address = model.address;
  if (!options.mirror.empty()) {
    const std::string base = options.mirror.substr(0, options.mirror.find_last_not_of('/') + 1);
    plan.address = base + "/" + model.sha256 + "/" + model.file;
  }
}

void plan_address(const FetchOptions& options, Plan& plan) {
  if (options.sha256.empty()) {
    refuse(public_address(options.source) + ": its sha256 is not given",
           "a file without a checksum could be anything: --sha256 with the 64 digits that its publisher tells");
  }
  plan.sha256 = checked_sum(options.sha256);
  plan.file = file_name_of(options.source);
  if (plan.file.empty() || plan.file == "vifi.json") {
    plan.file = "weights";
  }
  plan.address = options.source;
}

fs::path folder_for(const FetchOptions& options, const Plan& plan) {
  if (!options.folder.empty()) {
    return options.folder;
  }
  std::string name = options.name;
  if (name.empty()) {
    name = plan.published ? plan.published->name : fs::path(plan.file).stem().string();
  }
  const std::string folder = cached_model_path(name);
  if (folder.empty()) {
    refuse("there is no cache for \"" + name + "\"",
           model_cache_path().empty() ? "set HOME or XDG_CACHE_HOME, or name a folder (--output)"
                                      : "give a name of at most 200 characters that begins with no dot");
  }
  return folder;
}

Plan plan_for(const FetchOptions& options) {
  if (options.attempts < 1 || !(options.retry_delay_s >= 0) || !(options.stall_timeout_s > 0)) {
    refuse("attempts " + std::to_string(options.attempts) + ", delay " + std::to_string(options.retry_delay_s) +
               " s, time limit " + std::to_string(options.stall_timeout_s) + " s: out of range",
           "at least one attempt, and a time limit above zero");
  }
  Plan plan;
  is_address(options.source) ? plan_address(options, plan) : plan_published(options, plan);
  plan.folder = folder_for(options, plan);
  return plan;
}

nlohmann::ordered_json bundle_for(const Plan& plan) {
  nlohmann::ordered_json bundle{{"format", "vifi-bundle"}, {"version", 1}, {"weights", plan.file}};
  nlohmann::ordered_json details = plan.published ? published_bundle(*plan.published) : nlohmann::ordered_json::object();
  nlohmann::ordered_json provenance{{"source", public_address(plan.address)}, {"sha256", plan.sha256}};
  if (details.contains("provenance")) {
    provenance.update(details["provenance"]);
  }
  bundle.update(details);
  bundle["provenance"] = provenance;
  return bundle;
}

void make_parent(const fs::path& folder) {
  std::error_code error;
  const fs::path parent = fs::absolute(folder).lexically_normal().parent_path();
  fs::create_directories(parent, error);
  if (error) {
    throw Error(ErrorCode::unreadable, "[fetch] " + parent.string() + ": " + error.message(),
                "fetch into a folder that you may write (--output)");
  }
}

}  // namespace

FetchedModel fetch_model(const FetchOptions& options, const FetchObserver& observer) {
  const Plan plan = plan_for(options);
  BundleFolder folder(plan.folder, plan.sha256);
  FetchedModel result{.folder = folder.path(), .weights = {}, .sha256 = plan.sha256};
  const auto remark = [&](const std::string& text) {
    if (observer.remark) {
      observer.remark(text);
    }
  };
  const auto finish = [&](bool was_there) {
    result.was_there = was_there;
    result.weights = folder.weights();
    result.size = fs::file_size(result.weights);
    return result;
  };

  if (folder.look() == BundleFolder::State::good) {
    return finish(true);
  }
  make_parent(plan.folder);
  PartFile part(folder.part_path(), [&] { remark("another process is fetching it; waiting"); });
  const BundleFolder::State state = folder.look();  // while it waited, the other may have brought it
  if (state == BundleFolder::State::good) {
    part.remove();
    return finish(true);
  }
  if (state == BundleFolder::State::damaged) {
    remark(folder.weights() + " does not have its checksum any more; fetching it again");
  }
  if (plan.published && !plan.published->runs) {
    remark(plan.published->name + " is a ResNet, which this version cannot run; vision transformers can be");
  }
  const DownloadOptions download_options{.address = plan.address,
                                         .sha256 = plan.sha256,
                                         .attempts = options.attempts,
                                         .retry_delay_s = options.retry_delay_s,
                                         .stall_timeout_s = options.stall_timeout_s,
                                         .largest = options.largest};
  try {
    result.downloaded = download(download_options, part, observer);
  } catch (...) {
    if (part.size() == 0) {
      part.remove();
    }
    throw;
  }
  folder.install(part, plan.file, bundle_for(plan));
  return finish(false);
}

}  // namespace vifi
