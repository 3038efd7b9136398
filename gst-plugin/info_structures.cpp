#include "info_structures.h"

#include <string>

namespace vifi::gst {
namespace {

guint64 average(std::int64_t total, std::uint64_t count) {
  return count == 0 ? 0 : static_cast<guint64>(total) / count;
}

}  // namespace

StructurePtr stats_structure(const StreamStats& stream, const HostStats& host) {
  const auto count = [](std::uint64_t value) { return static_cast<guint64>(value); };
  return StructurePtr(gst_structure_new(
      "vificlip-stats", "frames-seen", G_TYPE_UINT64, count(stream.frames_seen), "frames-sampled", G_TYPE_UINT64,
      count(stream.frames_sampled), "frames-unchanged", G_TYPE_UINT64, count(stream.frames_unchanged), "samples",
      G_TYPE_UINT64, count(stream.samples), "samples-dropped", G_TYPE_UINT64, count(stream.samples_dropped), "results",
      G_TYPE_UINT64, count(stream.results), "events", G_TYPE_UINT64, count(stream.events), "resets", G_TYPE_UINT64,
      count(stream.resets), "sampling-rate", G_TYPE_DOUBLE, stream.sampling_rate, "prepare-time", G_TYPE_UINT64,
      average(stream.prepare_ns_total, stream.frames_sampled + stream.frames_unchanged), "encode-time", G_TYPE_UINT64,
      average(host.encode_ns_total, host.frames_encoded), "last-encode-time", G_TYPE_UINT64,
      static_cast<guint64>(host.last_encode_ns), "batches", G_TYPE_UINT64, count(host.batches), nullptr));
}

StructurePtr info_structure(const ModelInfo& info) {
  StructurePtr structure(gst_structure_new(
      "vificlip-model", "name", G_TYPE_STRING, info.name.c_str(), "method", G_TYPE_STRING, info.method.c_str(), "path",
      G_TYPE_STRING, info.path.c_str(), "device", G_TYPE_STRING, info.device.c_str(), "precision", G_TYPE_STRING,
      std::string(name_of(info.precision)).c_str(), "input-size", G_TYPE_INT, info.preprocess.size, "embed-dim",
      G_TYPE_INT64, static_cast<gint64>(info.embed_dim), "frames", G_TYPE_INT, info.frames, "window", G_TYPE_UINT64,
      static_cast<guint64>(info.window_ns), "hop", G_TYPE_UINT64, static_cast<guint64>(info.hop_ns), "parameters",
      G_TYPE_INT64, static_cast<gint64>(info.parameters), "macs-per-frame", G_TYPE_DOUBLE, info.macs_per_frame,
      "states-reusable", G_TYPE_BOOLEAN, info.states_reusable, nullptr));
  GValue labels = G_VALUE_INIT;
  gst_value_array_init(&labels, static_cast<guint>(info.labels.labels.size()));
  for (const Label& label : info.labels.labels) {
    GValue name = G_VALUE_INIT;
    g_value_init(&name, G_TYPE_STRING);
    g_value_set_string(&name, label.name.c_str());
    gst_value_array_append_and_take_value(&labels, &name);
  }
  gst_structure_take_value(structure.get(), "labels", &labels);
  return structure;
}

}  // namespace vifi::gst
