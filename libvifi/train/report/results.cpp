#include "report/results.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "vifi/error.h"

namespace vifi::train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kSchema = "vifi.scores/1";
constexpr std::uintmax_t kMostBytes = 256U << 20;

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::invalid_argument(what);
}

template <typename T>
std::optional<T> optional_value(const json& object, const char* key) {
  const auto place = object.find(key);
  return place == object.end() || place->is_null() ? std::nullopt : std::optional(place->get<T>());
}

ScoreRow score_row(const json& entry) {
  return {.name = entry.at("name").get<std::string>(),
          .samples = optional_value<std::int64_t>(entry, "samples"),
          .top1 = entry.at("top1").get<double>(),
          .top5 = optional_value<double>(entry, "top5"),
          .deviation = optional_value<double>(entry, "deviation")};
}

ListResult list_result(const json& entry) {
  ListResult result{.list = entry.at("list").get<std::string>(),
                    .root = optional_value<std::string>(entry, "root").value_or(""),
                    .classes = {},
                    .top1 = {},
                    .confusion = entry.at("confusion").get<std::vector<std::int64_t>>(),
                    .clips = {}};
  for (const json& one : entry.at("classes")) {
    result.classes.push_back(one.at("name").get<std::string>());
    result.top1.push_back(optional_value<double>(one, "top1"));
  }
  const std::size_t classes = result.classes.size();
  expect(classes > 0, result.list + ": no classes");
  expect(result.confusion.size() == classes * classes,
         fmt::format("{}: {} confusions of {} classes", result.list, result.confusion.size(), classes));
  for (const std::int64_t count : result.confusion)
    expect(count >= 0, result.list + ": a negative confusion");
  for (const json& one : entry.at("samples")) {
    ClipResult clip{.video = one.at("video").get<std::string>(),
                    .label = one.at("label").get<std::size_t>(),
                    .best = one.at("best").get<std::vector<std::size_t>>(),
                    .score = one.at("score").get<double>()};
    expect(!clip.best.empty() && clip.best.front() < classes && clip.label < classes,
           clip.video + ": a class that does not exist");
    result.clips.push_back(std::move(clip));
  }
  return result;
}

json parsed(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error || !in) {
    throw Error(fs::exists(file, error) ? ErrorCode::unreadable : ErrorCode::not_found,
                "[report] " + file + ": " + (fs::exists(file, error) ? "cannot be read" : "no such file or run folder"),
                "name a folder of `vifi train` or a file of `vifi eval --report`");
  }
  expect(size <= kMostBytes, "larger than any report");
  return json::parse(in);
}

Result result_of(const json& root, const std::string& file) {
  expect(root.is_object() && root.value("schema", "") == kSchema, "the schema is not vifi.scores/1");
  Result result;
  result.file = file;
  const std::string model = optional_value<std::string>(root, "model").value_or("");
  if (root.contains("weights")) {
    result.weights = optional_value<std::string>(root, "weights").value_or("");
  } else if (fs::path(model).extension() == ".pth") {
    result.weights = model;  // as training names its checkpoints
  }
  result.pretrained = optional_value<std::string>(root, "pretrained").value_or(result.weights.empty() ? model : "");
  result.train_list = optional_value<std::string>(root, "train_list").value_or("");
  result.label_list = optional_value<std::string>(root, "label_list").value_or("");
  for (const json& entry : root.at("rows"))
    result.rows.push_back(score_row(entry));
  if (const auto lists = root.find("lists"); lists != root.end()) {
    for (const json& entry : *lists)
      result.lists.push_back(list_result(entry));
  }
  return result;
}

}  // namespace

std::int64_t ListResult::clips_of(std::size_t label) const {
  const auto row = confusion.begin() + static_cast<std::ptrdiff_t>(label * classes.size());
  return std::accumulate(row, row + static_cast<std::ptrdiff_t>(classes.size()), std::int64_t{0});
}

Result read_result(const std::string& file) {
  try {
    return result_of(parsed(file), file);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::corrupt, fmt::format("[report] {}: no results of `vifi eval`: {}", file, error.what()),
                "write it with `vifi eval --report FILE` or --json");
  }
}

bool holds_scores(const std::string& file) {
  try {
    const json root = parsed(file);
    return root.is_object() && root.value("schema", "") == kSchema;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace vifi::train
