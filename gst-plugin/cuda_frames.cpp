#include "cuda_frames.h"

#if HAVE_GST_CUDA
#include <gst/cuda/gstcudamemory.h>

#include <vifi/media/gst_frame_view.h>
#endif

namespace vifi::gst {

#if HAVE_GST_CUDA
namespace {

class CurrentContext {
 public:
  explicit CurrentContext(GstCudaContext* context) : current_(gst_cuda_context_push(context)) {}
  ~CurrentContext() {
    if (current_) gst_cuda_context_pop(nullptr);
  }
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;

  bool current() const { return current_ != FALSE; }

 private:
  gboolean current_;
};

class DeviceMapping {
 public:
  DeviceMapping(const GstVideoInfo& info, GstBuffer* buffer)
      : mapped_(gst_video_frame_map(&frame_, &info, buffer, static_cast<GstMapFlags>(GST_MAP_READ | GST_MAP_CUDA))) {}
  ~DeviceMapping() {
    if (mapped_) gst_video_frame_unmap(&frame_);
  }
  DeviceMapping(const DeviceMapping&) = delete;
  DeviceMapping& operator=(const DeviceMapping&) = delete;

  const GstVideoFrame* get() const { return mapped_ ? &frame_ : nullptr; }

 private:
  GstVideoFrame frame_;
  gboolean mapped_;
};

}  // namespace

bool show_on_device(const GstVideoInfo& info, GstBuffer* buffer, Orientation orientation,
                    const std::function<bool(const FrameView&)>& use) {
  GstMemory* memory = gst_buffer_n_memory(buffer) == 1 ? gst_buffer_peek_memory(buffer, 0) : nullptr;
  if (!gst_is_cuda_memory(memory)) return false;
  const DeviceMapping mapping(info, buffer);
  const CurrentContext context(GST_CUDA_MEMORY_CAST(memory)->context);
  if (!mapping.get() || !context.current()) return false;
  FrameView view = view_of(*mapping.get(), orientation);
  view.memory = MemoryKind::cuda;
  return use(view);
}

#else

bool show_on_device(const GstVideoInfo&, GstBuffer*, Orientation, const std::function<bool(const FrameView&)>&) {
  return false;
}

#endif

}  // namespace vifi::gst
