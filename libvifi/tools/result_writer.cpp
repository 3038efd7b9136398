#include "result_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "output.h"

namespace vifi::tools {
namespace {

constexpr std::size_t kMostLabelColumns = 40;

class TableWriter final : public ResultWriter {
 public:
  TableWriter(std::ostream& out, const LabelSet& labels) : out_(out) {
    for (const Label& label : labels.labels) width_ = std::max(width_, display_width(label.name));
    width_ = std::min(width_, kMostLabelColumns);
  }

  void begin(const std::string& input, const ModelInfo& model) override {
    input_ = input;
    model_ = fmt::format("{} on {} in {}", model.name, model.device, name_of(model.precision));
    header_printed_ = false;
    spans_.clear();
  }

  void write(const Result& result) override {
    if (!header_printed_) {
      out_ << (any_ ? "\n" : "") << input_ << "  (" << model_ << ")\n";
      any_ = header_printed_ = true;
    }
    std::string line = fmt::format("  {}–{}", clock_time(result.start_ns), clock_time(result.end_ns));
    if (result.labels.empty()) line += "  -";
    for (std::size_t i = 0; i < std::min<std::size_t>(result.labels.size(), 2); ++i) {
      const ScoredLabel& label = result.labels[i];
      line += "  " + padded(label.name, width_) + fmt::format("  {:>7}", percent(label.score));
    }
    out_ << line << std::endl;  // at once: a stream may be live
  }

  void write(const Event& event) override {
    if (event.phase == EventPhase::end) spans_.push_back(event);
  }

  void end(const VideoExtent& extent) override {
    print_spans();
    if (!header_printed_) out_ << input_ << "  no result from " << extent.frames << " frames\n";
  }

  void abandon() override { print_spans(); }

 private:
  void print_spans() {
    if (spans_.empty()) return;
    out_ << "  actions\n";
    for (const Event& event : spans_) {
      out_ << fmt::format("    {}–{}  ", clock_time(event.start_ns), clock_time(event.end_ns))
           << padded(event.name, width_) << fmt::format("  up to {}\n", percent(event.peak));
    }
    out_.flush();
  }

  std::ostream& out_;
  std::size_t width_ = 0;
  std::string input_;
  std::string model_;
  bool any_ = false;
  bool header_printed_ = false;
  std::vector<Event> spans_;
};

class JsonWriter final : public ResultWriter {
 public:
  explicit JsonWriter(std::ostream& out) : out_(out) {}
  void begin(const std::string& input, const ModelInfo&) override { input_ = input; }
  void write(const Result& result) override { out_ << to_json(result, input_) << std::endl; }
  void write(const Event& event) override { out_ << to_json(event, input_) << std::endl; }
  void end(const VideoExtent&) override {}
  void abandon() override {}

 private:
  std::ostream& out_;
  std::string input_;
};

/// RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

class CsvWriter final : public ResultWriter {
 public:
  explicit CsvWriter(std::ostream& out) : out_(out) {
    out_ << "stream,seq,start_ns,end_ns,pts_ns,accepted,background,rank,id,label,score,similarity\n";
  }
  void begin(const std::string& input, const ModelInfo&) override { input_ = csv_field(input); }

  void write(const Result& result) override {
    const std::string head = fmt::format("{},{},{},{},{},{},{:.6f}", input_, result.seq, result.start_ns, result.end_ns,
                                         result.pts_ns, result.accepted, result.background);
    if (result.labels.empty()) out_ << head << ",,,,,\n";
    int rank = 1;
    for (const ScoredLabel& label : result.labels) {
      out_ << head << fmt::format(",{},{},{},{:.6f},{:.6f}\n", rank++, label.id, csv_field(label.name), label.score,
                                  label.similarity);
    }
    out_.flush();
  }

  void write(const Event&) override {}
  void end(const VideoExtent&) override {}
  void abandon() override {}

 private:
  std::ostream& out_;
  std::string input_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_table_writer(std::ostream& out, const LabelSet& labels) {
  return std::make_unique<TableWriter>(out, labels);
}
std::unique_ptr<ResultWriter> make_json_writer(std::ostream& out) { return std::make_unique<JsonWriter>(out); }
std::unique_ptr<ResultWriter> make_csv_writer(std::ostream& out) { return std::make_unique<CsvWriter>(out); }

}  // namespace vifi::tools
