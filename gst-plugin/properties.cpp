#include "properties.h"

#include <string>

namespace vifi::gst {
namespace {

constexpr auto kFlags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
constexpr auto kReady = static_cast<GParamFlags>(kFlags | GST_PARAM_MUTABLE_READY);
constexpr auto kPlaying = static_cast<GParamFlags>(kFlags | GST_PARAM_MUTABLE_PLAYING);
constexpr auto kReadOnly = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
constexpr guint64 kLongest = 24ULL * 3600 * GST_SECOND;

/// Registers an enum whose values are those of a C++ enum, in order.
GType register_enum(const char* name, const GEnumValue* values) {
  const GType type = g_enum_register_static(name, values);
  gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  return type;
}

GType mode_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(Mode::automatic), "async for live sources, else sync", "auto"},
      {static_cast<int>(Mode::sync), "In the streaming thread: every frame waits for its result", "sync"},
      {static_cast<int>(Mode::async), "On a thread of its own: no frame waits, frames may be skipped", "async"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipMode", values);
  return type;
}

GType attach_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(Attach::every_buffer), "Every buffer carries the newest result", "every-buffer"},
      {static_cast<int>(Attach::result), "Only buffers that complete a result carry it", "result"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipAttach", values);
  return type;
}

GType messages_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(Messages::results), "Results and events", "results"},
      {static_cast<int>(Messages::events), "Events only", "events"},
      {static_cast<int>(Messages::none), "Nothing", "none"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipMessages", values);
  return type;
}

GType on_error_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(OnError::fail), "Stop with an error", "fail"},
      {static_cast<int>(OnError::passthrough), "Warn, count it and let the video go on", "passthrough"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipOnError", values);
  return type;
}

GType precision_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(Precision::automatic), "What suits the device", "auto"},
      {static_cast<int>(Precision::fp32), "32-bit floating point", "fp32"},
      {static_cast<int>(Precision::bf16), "bfloat16", "bf16"},
      {static_cast<int>(Precision::fp16), "16-bit floating point (not on a CPU: use bf16)", "fp16"},
      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipPrecision", values);
  return type;
}

void install(GObjectClass* klass, Property property, GParamSpec* spec) {
  g_object_class_install_property(klass, static_cast<guint>(property), spec);
}

void install_model_properties(GObjectClass* klass) {
  const Settings defaults;
  /**
   * GstVifiClip:model-file:
   *
   * A bundle's folder, its `vifi.json`, a checkpoint, or the name of a fetched model; unset: the installed default.
   *
   * Since: 0.1
   */
  install(klass, Property::model_file,
          g_param_spec_string("model-file", "Model file", "Bundle, its vifi.json, checkpoint, or fetched model's name (unset: default)",
                              nullptr, kReady));
  /**
   * GstVifiClip:device:
   *
   * `auto`, `cpu`, `cuda` or `cuda:1`.
   *
   * Since: 0.1
   */
  install(klass, Property::device,
          g_param_spec_string("device", "Device", "Where the model runs: auto, cpu, cuda, cuda:1",
                              defaults.model.device.c_str(), kReady));
  /**
   * GstVifiClip:precision:
   *
   * Since: 0.1
   */
  install(klass, Property::precision,
          g_param_spec_enum("precision", "Precision", "Number format of the model's products", precision_type(),
                            static_cast<int>(defaults.model.precision), kReady));
  /**
   * GstVifiClip:threads:
   *
   * Since: 0.1
   */
  install(klass, Property::threads,
          g_param_spec_int("threads", "Threads", "Compute threads on the CPU (-1: one for each core)", -1, 4096,
                           defaults.model.threads, kReady));
  /**
   * GstVifiClip:batch-size:
   *
   * Streams that share a model are encoded together; this is the most frames that one pass takes.
   *
   * Since: 0.1
   */
  install(klass, Property::batch_size,
          g_param_spec_uint("batch-size", "Batch size", "Most frames in one encoder pass, over all streams", 1, 1024,
                            static_cast<guint>(defaults.host.batch_size), kReady));
  /**
   * GstVifiClip:batch-timeout:
   *
   * Since: 0.1
   */
  install(klass, Property::batch_timeout,
          g_param_spec_uint64("batch-timeout", "Batch timeout", "Longest wait of a frame for its batch to fill, in ns",
                              0, kLongest, static_cast<guint64>(defaults.host.batch_timeout_ns), kReady));
  /**
   * GstVifiClip:model-instance-id:
   *
   * Elements with the same id and settings share one model; by default all with the same settings do.
   *
   * Since: 0.1
   */
  install(klass, Property::model_instance_id,
          g_param_spec_string("model-instance-id", "Model instance", "Elements with the same id share a model", nullptr,
                              kReady));
}

void install_label_properties(GObjectClass* klass) {
  /**
   * GstVifiClip:labels:
   *
   * Names of the actions to tell apart, separated by `;` or newlines. `\;` is a semicolon (in gst-launch-1.0 `\\;`,
   * which eats one backslash); commas are part of names. Of `labels` and `label-file` the one set last counts.
   * A change while playing takes effect as soon as the new labels are embedded; a bad value keeps the old ones
   * and posts a warning.
   *
   * Since: 0.1
   */
  install(klass, Property::labels,
          g_param_spec_string("labels", "Labels", "Label names separated by ';' or newline (unset: the model's own)",
                              nullptr, kPlaying));
  /**
   * GstVifiClip:label-file:
   *
   * One name a line, or CSV with the header `id,name`, or a JSON list of strings.
   *
   * Since: 0.1
   */
  install(klass, Property::label_file,
          g_param_spec_string("label-file", "Label file", "Names one a line, CSV with header id,name, or a JSON list",
                              nullptr, kPlaying));
  /**
   * GstVifiClip:prompt-template:
   *
   * `{}` stands for the label; several templates are separated by newlines.
   *
   * Since: 0.1
   */
  install(klass, Property::prompt_template,
          g_param_spec_string("prompt-template", "Prompt template",
                              "Sentence with {} for the label; several separated by newline (unset: the model's)",
                              nullptr, kPlaying));
  /**
   * GstVifiClip:background-labels:
   *
   * Descriptions of what is not an action. They take part in the comparison and are never reported as actions.
   *
   * Since: 0.1
   */
  install(klass, Property::background_labels,
          g_param_spec_string("background-labels", "Background labels",
                              "Labels that absorb what is not an action, separated by ';' or newline", nullptr,
                              kPlaying));
}

void install_result_properties(GObjectClass* klass) {
  const RecogniserOptions defaults;
  /**
   * GstVifiClip:threshold:
   *
   * Since: 0.1
   */
  install(klass, Property::threshold,
          g_param_spec_double("threshold", "Threshold", "Results whose best score is lower are not accepted", 0, 1,
                              defaults.threshold, kPlaying));
  /**
   * GstVifiClip:skip-unchanged:
   *
   * Saves the encoder's work while nothing moves: a sampled frame that differs from the one encoded last by less than
   * this (mean luma difference, 0 to 1, in each of 8 x 8 parts of the model's picture) takes over its state.
   *
   * Since: 0.1
   */
  install(klass, Property::skip_unchanged,
          g_param_spec_double("skip-unchanged", "Skip unchanged",
                              "Frames whose luma differs less from the one encoded last are not encoded; 0: all are", 0,
                              1, defaults.skip_unchanged, kPlaying));
  /**
   * GstVifiClip:top-k:
   *
   * Since: 0.1
   */
  install(klass, Property::top_k,
          g_param_spec_uint("top-k", "Top k", "Labels in a result, the best ones", 1, 1000,
                            static_cast<guint>(defaults.top_k), kPlaying));
  /**
   * GstVifiClip:frames:
   *
   * Since: 0.1
   */
  install(klass, Property::frames,
          g_param_spec_uint("frames", "Frames", "Samples in a window (0: the model's)", 0, 4096, 0, kReady));
  /**
   * GstVifiClip:window:
   *
   * Since: 0.1
   */
  install(klass, Property::window,
          g_param_spec_uint64("window", "Window", "Length of a window in ns (0: the model's)", 0, kLongest, 0, kReady));
  /**
   * GstVifiClip:hop:
   *
   * Since: 0.1
   */
  install(klass, Property::hop,
          g_param_spec_uint64("hop", "Hop", "Time from one result to the next in ns (0: the model's)", 0, kLongest, 0,
                              kReady));
}

void install_event_properties(GObjectClass* klass) {
  const EventOptions defaults;
  /**
   * GstVifiClip:smoothing:
   *
   * Since: 0.1
   */
  install(klass, Property::smoothing,
          g_param_spec_uint64("smoothing", "Smoothing", "Time constant of the smoothing of scores in ns (0: none)", 0,
                              kLongest, static_cast<guint64>(defaults.smoothing_ns), kPlaying));
  /**
   * GstVifiClip:enter-threshold:
   *
   * Since: 0.1
   */
  install(klass, Property::enter_threshold,
          g_param_spec_double("enter-threshold", "Enter threshold", "An event starts when its smoothed score reaches it",
                              0, 1, defaults.enter_threshold, kPlaying));
  /**
   * GstVifiClip:exit-threshold:
   *
   * Not above `enter-threshold`.
   *
   * Since: 0.1
   */
  install(klass, Property::exit_threshold,
          g_param_spec_double("exit-threshold", "Exit threshold", "An event ends when its smoothed score falls below it",
                              0, 1, defaults.exit_threshold, kPlaying));
  /**
   * GstVifiClip:min-duration:
   *
   * Since: 0.1
   */
  install(klass, Property::min_duration,
          g_param_spec_uint64("min-duration", "Minimum duration", "Shorter events are never announced, in ns", 0,
                              kLongest, static_cast<guint64>(defaults.min_duration_ns), kPlaying));
  /**
   * GstVifiClip:merge-gap:
   *
   * Since: 0.1
   */
  install(klass, Property::merge_gap,
          g_param_spec_uint64("merge-gap", "Merge gap", "A pause up to this long does not end an event, in ns", 0,
                              kLongest, static_cast<guint64>(defaults.merge_gap_ns), kPlaying));
}

void install_behaviour_properties(GObjectClass* klass) {
  const Settings defaults;
  /**
   * GstVifiClip:mode:
   *
   * `auto` asks the source with the first buffer: a live one gets `async`.
   *
   * Since: 0.1
   */
  install(klass, Property::mode,
          g_param_spec_enum("mode", "Mode", "Whether frames wait for their result", mode_type(),
                            static_cast<int>(defaults.mode), kReady));
  /**
   * GstVifiClip:attach:
   *
   * Since: 0.1
   */
  install(klass, Property::attach,
          g_param_spec_enum("attach", "Attach", "Which buffers carry metadata", attach_type(),
                            static_cast<int>(defaults.attach), kPlaying));
  /**
   * GstVifiClip:messages:
   *
   * Since: 0.1
   */
  install(klass, Property::messages,
          g_param_spec_enum("messages", "Messages", "What is posted on the bus", messages_type(),
                            static_cast<int>(defaults.messages), kPlaying));
  /**
   * GstVifiClip:on-error:
   *
   * Since: 0.1
   */
  install(klass, Property::on_error,
          g_param_spec_enum("on-error", "On error", "What a failure of the recognition means for the video",
                            on_error_type(), static_cast<int>(defaults.on_error), kPlaying));
  /**
   * GstVifiClip:stats:
   *
   * Counters since READY: `mode`, `frames-seen`, `frames-sampled` (those encoded), `frames-unchanged`,
   * `frames-converted`, `samples`, `samples-dropped`, `results`, `events`, `resets`, `errors`, `sampling-rate` (per second of stream time), `lag`, `prepare-time`,
   * `encode-time` (ns, averages for one frame), `batches`, `last-encode-time` (ns).
   *
   * Since: 0.1
   */
  install(klass, Property::stats,
          g_param_spec_boxed("stats", "Statistics", "Counters and times since READY", GST_TYPE_STRUCTURE, kReadOnly));
  /**
   * GstVifiClip:model-info:
   *
   * What the loaded model is; %NULL before PAUSED.
   *
   * Since: 0.1
   */
  install(klass, Property::model_info,
          g_param_spec_boxed("model-info", "Model information", "What the loaded model is", GST_TYPE_STRUCTURE,
                             kReadOnly));
}

std::string text_of(const GValue* value) {
  const char* text = g_value_get_string(value);
  return text == nullptr ? std::string() : std::string(text);
}

void give_text(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

/// The origin that was set last; when it is unset again the other one counts, if there is one.
void choose_origin(LabelSettings& labels, LabelOrigin set) {
  const auto given = [&](LabelOrigin origin) {
    return origin == LabelOrigin::text ? !labels.labels.empty() : !labels.label_file.empty();
  };
  const LabelOrigin other = set == LabelOrigin::text ? LabelOrigin::file : LabelOrigin::text;
  labels.origin = given(set) ? set : given(other) ? other : LabelOrigin::model;
}

std::int64_t ns_of(const GValue* value) { return static_cast<std::int64_t>(g_value_get_uint64(value)); }

void give_ns(GValue* value, std::int64_t ns) { g_value_set_uint64(value, static_cast<guint64>(ns)); }

}  // namespace

void install_properties(GObjectClass* klass) {
  install_model_properties(klass);
  install_label_properties(klass);
  install_result_properties(klass);
  install_event_properties(klass);
  install_behaviour_properties(klass);
}

Change set_property(Settings& settings, Property property, const GValue* value) {
  LabelSettings& labels = settings.labels;
  RecogniserOptions& recogniser = settings.recogniser;
  EventOptions& events = recogniser.events;
  switch (property) {
    case Property::model_file: settings.model.path = text_of(value); return Change::restart;
    case Property::device:
      settings.model.device = text_of(value).empty() ? ModelOptions().device : text_of(value);
      return Change::restart;
    case Property::precision: settings.model.precision = static_cast<Precision>(g_value_get_enum(value)); return Change::restart;
    case Property::threads: settings.model.threads = g_value_get_int(value); return Change::restart;
    case Property::batch_size: settings.host.batch_size = static_cast<int>(g_value_get_uint(value)); return Change::restart;
    case Property::batch_timeout: settings.host.batch_timeout_ns = ns_of(value); return Change::restart;
    case Property::model_instance_id: settings.instance_id = text_of(value); return Change::restart;
    case Property::frames: recogniser.frames = static_cast<int>(g_value_get_uint(value)); return Change::restart;
    case Property::window: recogniser.window_ns = ns_of(value); return Change::restart;
    case Property::hop: recogniser.hop_ns = ns_of(value); return Change::restart;
    case Property::mode: settings.mode = static_cast<Mode>(g_value_get_enum(value)); return Change::restart;

    case Property::labels:
      labels.labels = text_of(value);
      choose_origin(labels, LabelOrigin::text);
      return Change::labels;
    case Property::label_file:
      labels.label_file = text_of(value);
      choose_origin(labels, LabelOrigin::file);
      return Change::labels;
    case Property::prompt_template: labels.prompt_template = text_of(value); return Change::labels;
    case Property::background_labels: labels.background_labels = text_of(value); return Change::labels;

    case Property::threshold: recogniser.threshold = g_value_get_double(value); return Change::recogniser;
    case Property::skip_unchanged: recogniser.skip_unchanged = g_value_get_double(value); return Change::recogniser;
    case Property::top_k: recogniser.top_k = static_cast<int>(g_value_get_uint(value)); return Change::recogniser;
    case Property::smoothing: events.smoothing_ns = ns_of(value); return Change::recogniser;
    case Property::enter_threshold: events.enter_threshold = g_value_get_double(value); return Change::recogniser;
    case Property::exit_threshold: events.exit_threshold = g_value_get_double(value); return Change::recogniser;
    case Property::min_duration: events.min_duration_ns = ns_of(value); return Change::recogniser;
    case Property::merge_gap: events.merge_gap_ns = ns_of(value); return Change::recogniser;

    case Property::attach: settings.attach = static_cast<Attach>(g_value_get_enum(value)); break;
    case Property::messages: settings.messages = static_cast<Messages>(g_value_get_enum(value)); break;
    case Property::on_error: settings.on_error = static_cast<OnError>(g_value_get_enum(value)); break;
    case Property::stats:
    case Property::model_info: break;
  }
  return Change::none;
}

void get_property(const Settings& settings, Property property, GValue* value) {
  const LabelSettings& labels = settings.labels;
  const RecogniserOptions& recogniser = settings.recogniser;
  const EventOptions& events = recogniser.events;
  switch (property) {
    case Property::model_file: give_text(value, settings.model.path); break;
    case Property::device: give_text(value, settings.model.device); break;
    case Property::precision: g_value_set_enum(value, static_cast<int>(settings.model.precision)); break;
    case Property::threads: g_value_set_int(value, settings.model.threads); break;
    case Property::batch_size: g_value_set_uint(value, static_cast<guint>(settings.host.batch_size)); break;
    case Property::batch_timeout: give_ns(value, settings.host.batch_timeout_ns); break;
    case Property::model_instance_id: give_text(value, settings.instance_id); break;
    case Property::frames: g_value_set_uint(value, static_cast<guint>(recogniser.frames)); break;
    case Property::window: give_ns(value, recogniser.window_ns); break;
    case Property::hop: give_ns(value, recogniser.hop_ns); break;
    case Property::mode: g_value_set_enum(value, static_cast<int>(settings.mode)); break;
    case Property::labels: give_text(value, labels.labels); break;
    case Property::label_file: give_text(value, labels.label_file); break;
    case Property::prompt_template: give_text(value, labels.prompt_template); break;
    case Property::background_labels: give_text(value, labels.background_labels); break;
    case Property::threshold: g_value_set_double(value, recogniser.threshold); break;
    case Property::skip_unchanged: g_value_set_double(value, recogniser.skip_unchanged); break;
    case Property::top_k: g_value_set_uint(value, static_cast<guint>(recogniser.top_k)); break;
    case Property::smoothing: give_ns(value, events.smoothing_ns); break;
    case Property::enter_threshold: g_value_set_double(value, events.enter_threshold); break;
    case Property::exit_threshold: g_value_set_double(value, events.exit_threshold); break;
    case Property::min_duration: give_ns(value, events.min_duration_ns); break;
    case Property::merge_gap: give_ns(value, events.merge_gap_ns); break;
    case Property::attach: g_value_set_enum(value, static_cast<int>(settings.attach)); break;
    case Property::messages: g_value_set_enum(value, static_cast<int>(settings.messages)); break;
    case Property::on_error: g_value_set_enum(value, static_cast<int>(settings.on_error)); break;
    case Property::stats:
    case Property::model_info: break;
  }
}

}  // namespace vifi::gst
