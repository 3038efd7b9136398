#pragma once

#include <string>

#include <vifi/model.h>
#include <vifi/model_host.h>
#include <vifi/recogniser.h>

namespace vifi::gst {

enum class Mode { automatic, sync, async };
enum class Attach { every_buffer, result };
enum class Messages { results, events, none };
enum class OnError { fail, passthrough };

/// Of `labels` and `label-file` the one set last counts.
enum class LabelOrigin { model, text, file };

/// The properties that make a label set, as the user wrote them.
struct LabelSettings {
  LabelOrigin origin = LabelOrigin::model;
  std::string labels;
  std::string label_file;
  std::string prompt_template;
  std::string background_labels;

  bool operator==(const LabelSettings&) const = default;
};

/// The values of all properties. Guarded by the object lock; a session is started with a copy.
struct Settings {
  ModelOptions model;
  HostOptions host;
  std::string instance_id;
  Mode mode = Mode::automatic;
  RecogniserOptions recogniser;
  LabelSettings labels;
  Attach attach = Attach::every_buffer;
  Messages messages = Messages::results;
  OnError on_error = OnError::fail;
};

}  // namespace vifi::gst
