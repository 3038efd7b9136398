#include "data/annotations.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "data/text_files.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr int kLargestLabel = 1 << 24;
constexpr std::string_view kBlanks = " \t";

std::optional<int> label_from(std::string_view text) {
  int label = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
  if (error != std::errc() || end != text.data() + text.size() || label < 0 || label > kLargestLabel) return std::nullopt;
  return label;
}

/// Path and label on both sides of the last of `separators`.
std::optional<Annotation> parted(std::string_view line, std::string_view separators) {
  const std::size_t place = line.find_last_of(separators);
  if (place == std::string_view::npos) return std::nullopt;
  std::string_view path = line.substr(0, place);
  std::string_view rest = line.substr(place + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const auto label = label_from(rest);
  const std::size_t last = path.find_last_not_of(kBlanks);
  if (!label || last == std::string_view::npos) return std::nullopt;
  return Annotation{std::string(path.substr(0, last + 1)), *label};
}

void check_writable(const char* operation, const std::string& file, const std::string& path) {
  if (path.empty() || path.find_first_of("\r\n\t") != std::string::npos || path.front() == ' ' || path.back() == ' ') {
    throw Error(ErrorCode::unsupported,
                fmt::format("[{}] {}: the path \"{}\" cannot stand in a list of lines", operation, file, path),
                "rename the video: no tabs, no line ends, no blanks at its ends");
  }
}

}  // namespace

std::vector<Annotation> read_annotations(const std::string& file) {
  std::vector<Annotation> annotations;
  for_each_line("annotations", file, [&](std::size_t number, std::string_view line) {
    auto annotation = parted(line, kBlanks);
    if (!annotation) annotation = parted(line, ",");
    if (!annotation) {
      throw Error(ErrorCode::corrupt,
                  fmt::format("[annotations] {}: line {} is \"{}\", expected a path, a blank and a label's id", file,
                              number, line.substr(0, 200)),
                  "ids count from 0, as in the label file");
    }
    annotations.push_back(std::move(*annotation));
  });
  if (annotations.empty()) {
    throw Error(ErrorCode::corrupt, fmt::format("[annotations] {}: names no video", file), "write `path label`, one a line");
  }
  return annotations;
}

void write_annotations(const std::string& file, std::span<const Annotation> annotations) {
  std::string content;
  for (const auto& [path, label] : annotations) {
    check_writable("annotations", file, path);
    content += fmt::format("{} {}\n", path, label);
  }
  write_whole("annotations", file, content);
}

void write_label_file(const std::string& file, const LabelSet& labels) {
  std::string content = "id,name\n";
  for (const Label& label : labels.labels) {
    content += fmt::format("{},{}\n", label.id, csv_field(label.name));
  }
  write_whole("labels", file, content);
}

std::vector<Caption> read_captions(const std::string& file) {
  std::vector<Caption> captions;
  for_each_line("captions", file, [&](std::size_t number, std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) {
      throw Error(ErrorCode::corrupt,
                  fmt::format("[captions] {}: line {} holds no tab, expected a path, a tab and a caption", file, number),
                  "separate path and caption by one tab");
    }
    captions.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
  });
  return captions;
}

void write_captions(const std::string& file, std::span<const Caption> captions) {
  std::string content;
  for (const auto& [path, text] : captions) {
    check_writable("captions", file, path);
    if (text.find_first_of("\r\n") != std::string::npos) {
      throw Error(ErrorCode::unsupported, fmt::format("[captions] {}: the caption of {} has more than one line", file, path),
                  "make it one line");
    }
    content += path + '\t' + text + '\n';
  }
  write_whole("captions", file, content);
}

}  // namespace vifi::train
