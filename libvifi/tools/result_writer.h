#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "vifi/classify.h"
#include "vifi/labels.h"
#include "vifi/model.h"
#include "vifi/result.h"

namespace vifi::tools {

/// Prints what is known of one video after the other.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual void begin(const std::string& input, const ModelInfo& model) = 0;
  virtual void write(const Result& result) = 0;
  virtual void write(const Event& event) = 0;
  virtual void end(const VideoExtent& extent) = 0;
  /// Instead of `end`, where the video failed.
  virtual void abandon() = 0;
};

/// For people: a line for each result, then the events.
std::unique_ptr<ResultWriter> make_table_writer(std::ostream& out, const LabelSet& labels);
/// One object a line, as soon as it is known.
std::unique_ptr<ResultWriter> make_json_writer(std::ostream& out);
/// A line for each label of each result; events are left out.
std::unique_ptr<ResultWriter> make_csv_writer(std::ostream& out);

}  // namespace vifi::tools
