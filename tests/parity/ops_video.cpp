#include <vifi/preprocess.h>
#include <vifi/sampling.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parity.h"
#include "video/clip_augmentation.h"
#include "video/color_jitter.h"
#include "video/frame_sampling.h"
#include "video/geometry.h"
#include "video/normaliser.h"
#include "video/prepare_plan.h"
#include "video/resizer.h"
#include "video/row_reader.h"

namespace vifi::parity {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Json = nlohmann::json;

constexpr std::array<float, 3> kImagenetMean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kImagenetStd{0.229F, 0.224F, 0.225F};

/// Frames of a case, [T, H, W, 3] RGB, as views.
std::vector<FrameView> frames_of(const Case& c) {
  const Tensor& tensor = c.inputs.at("frames");
  const auto bytes = tensor.as<std::uint8_t>();
  const int height = static_cast<int>(tensor.shape.at(1));
  const int width = static_cast<int>(tensor.shape.at(2));
  std::vector<FrameView> frames(tensor.shape.at(0));
  for (std::size_t t = 0; t < frames.size(); ++t) {
    frames[t].format = PixelFormat::rgb;
    frames[t].width = width;
    frames[t].height = height;
    frames[t].planes[0] = bytes.data() + t * height * width * 3;
    frames[t].strides[0] = static_cast<std::ptrdiff_t>(width) * 3;
  }
  return frames;
}

/// [3, N] planes to [N, 3] pixels, appended.
void append_packed(const Bytes& planes, Bytes& pixels) {
  const std::size_t count = planes.size() / 3;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      pixels.push_back(planes[c * count + i]);
    }
  }
}

template <typename T>
void append(const std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

Bytes resized(Resizer& resizer, const FrameView& frame, const ResizePlan& plan) {
  Bytes planes(std::size_t{3} * plan.window.width() * plan.window.height());
  resizer.resize(frame, plan, std::span(planes));
  return planes;
}

ResizePlan whole_picture(const FrameView& frame, Size target) {
  return {ResizeRule::opencv_bilinear, upright_size(frame), target, {0, 0, target.width, target.height}};
}

/// A transform that ends in one square per frame: `pixels` as the element gets them, `frames` just before normalisation.
Output prepared(const Case& c, const PreprocessSpec& spec) {
  const std::vector<FrameView> frames = frames_of(c);
  const ResizeRule rule = rule_of(spec);
  Preparer preparer(spec);
  Resizer resizer;
  Bytes bytes;
  std::vector<float> pixels;
  for (const FrameView& frame : frames) {
    PreparedFrame one;
    preparer.prepare(frame, one);
    append(one.pixels, pixels);
    if (rule != ResizeRule::antialias_bilinear) {
      append_packed(resized(resizer, frame, plan_of(spec, rule, frame, true)), bytes);
    }
  }
  const std::int64_t count = static_cast<std::int64_t>(frames.size());
  Output out;
  out.tensors["pixels"] = make_tensor<float>("F32", {count, 3, spec.size, spec.size}, pixels);
  if (rule != ResizeRule::antialias_bilinear) {
    out.tensors["frames"] = make_tensor<std::uint8_t>("U8", {count, spec.size, spec.size, 3}, bytes);
  }
  return out;
}

PreprocessSpec clip_spec(const Case& c) {
  PreprocessSpec spec;  // the defaults are CLIP's
  spec.size = c.params.at("input_size").get<int>();
  return spec;
}

PreprocessSpec vifi_spec(int size) {
  PreprocessSpec spec;
  spec.size = size;
  spec.resize_size = scaled_short_side(size);
  spec.interpolation = Interpolation::bilinear;
  spec.antialias = false;
  spec.rounding = Rounding::opencv;
  spec.crop_offset = CropOffset::floor;
  spec.mean = kImagenetMean;
  spec.std = kImagenetStd;
  return spec;
}

Output vifi_three_crops(const Case& c, int size) {
  const std::vector<FrameView> frames = frames_of(c);
  const Normaliser normaliser(kImagenetMean, kImagenetStd);
  Resizer resizer;
  Bytes bytes;
  std::vector<float> pixels;
  for (std::size_t crop = 0; crop < 3; ++crop) {
    for (const FrameView& frame : frames) {
      ResizePlan plan = whole_picture(frame, rescaled_size(upright_size(frame), size));
      plan.window = three_crops(plan.target, size)[crop];
      const Bytes planes = resized(resizer, frame, plan);
      std::vector<float> normalised(planes.size());
      normaliser.apply(planes, normalised);
      append_packed(planes, bytes);
      append(normalised, pixels);
    }
  }
  const std::int64_t count = static_cast<std::int64_t>(3 * frames.size());
  Output out;
  out.tensors["pixels"] = make_tensor<float>("F32", {count, 3, size, size}, pixels);
  out.tensors["frames"] = make_tensor<std::uint8_t>("U8", {count, size, size, 3}, bytes);
  return out;
}

Output vifi_test_transform(const Case& c) {
  const int size = c.params.at("input_size").get<int>();
  switch (c.params.at("crops").get<int>()) {
    case 1: return prepared(c, vifi_spec(size));
    case 3: return vifi_three_crops(c, size);
    default: throw Unsupported("crops other than 1 and 3");
  }
}

Output clip_transform(const Case& c) { return prepared(c, clip_spec(c)); }

Output hf_clip_transform(const Case& c) {
  PreprocessSpec spec = clip_spec(c);
  spec.crop_offset = CropOffset::floor;
  return prepared(c, spec);
}

Output siglip_transform(const Case& c) {
  PreprocessSpec spec = clip_spec(c);
  spec.resize = ResizeMode::squash;
  spec.crop = CropMode::none;
  if (c.params.value("interpolation", "bicubic") == "bilinear") {
    spec.interpolation = Interpolation::bilinear;
  }
  spec.mean = spec.std = {0.5F, 0.5F, 0.5F};
  return prepared(c, spec);
}

Output antialias_transform(const Case& c) {
  PreprocessSpec spec = clip_spec(c);
  spec.interpolation = Interpolation::bilinear;
  spec.rounding = Rounding::floating;
  spec.mean = c.params.at("mean").get<std::array<float, 3>>();
  spec.std = c.params.at("std").get<std::array<float, 3>>();
  return prepared(c, spec);
}

ColorJitter jitter_of(const Json& json) {
  ColorJitter jitter;
  const auto order = json.at("order").get<std::array<int, 4>>();
  std::transform(order.begin(), order.end(), jitter.order.begin(), [](int step) { return static_cast<JitterStep>(step); });
  jitter.brightness = json.at("brightness").get<float>();
  jitter.contrast = json.at("contrast").get<float>();
  jitter.saturation = json.at("saturation").get<float>();
  jitter.hue = json.at("hue").get<double>();
  return jitter;
}

/// Colours of the frames changed, their size kept. @param change  (frame index, [3, N] planes)
template <typename Change>
Output recolored(const Case& c, Change change) {
  const std::vector<FrameView> frames = frames_of(c);
  Resizer resizer;
  Bytes bytes;
  for (std::size_t t = 0; t < frames.size(); ++t) {
    Bytes planes = resized(resizer, frames[t], whole_picture(frames[t], upright_size(frames[t])));
    change(t, std::span(planes));
    append_packed(planes, bytes);
  }
  Output out;
  out.tensors["frames"] = make_tensor<std::uint8_t>("U8", c.inputs.at("frames").shape, bytes);
  return out;
}

Output color_jitter(const Case& c) {
  return recolored(c, [&](std::size_t t, std::span<std::uint8_t> planes) {
    jitter_of(c.params.at("frames").at(t)).apply(planes);
  });
}

Output grayscale(const Case& c) {
  return recolored(c, [](std::size_t, std::span<std::uint8_t> planes) { make_gray(planes); });
}

Output vifi_train_transform(const Case& c) {
  const int size = c.params.at("input_size").get<int>();
  const auto happens = [&](const char* step) {
    return c.params.at(std::string(step) + "_draw").get<double>() < c.params.at(std::string(step) + "_p").get<double>();
  };
  ClipDraws draws;
  draws.size_draw = c.params.at("size_draw").get<std::size_t>();
  draws.offset_draw = c.params.at("offset_draw").get<std::size_t>();
  draws.flip = happens("flip");
  draws.gray = happens("gray");
  if (happens("jitter")) {
    for (const Json& jitter : c.params.at("jitter")) {
      draws.jitter.push_back(jitter_of(jitter));
    }
  }

  const std::vector<FrameView> frames = frames_of(c);
  const Normaliser normaliser(kImagenetMean, kImagenetStd);
  ClipAugmentation augmentation(size);
  Bytes bytes;
  std::vector<float> pixels;
  for (std::size_t t = 0; t < frames.size(); ++t) {
    Bytes planes(std::size_t{3} * size * size);
    augmentation.apply(frames[t], draws, t, planes);
    std::vector<float> normalised(planes.size());
    normaliser.apply(planes, normalised);
    append_packed(planes, bytes);
    append(normalised, pixels);
  }
  const std::int64_t count = static_cast<std::int64_t>(frames.size());
  Output out;
  out.tensors["pixels"] = make_tensor<float>("F32", {count, 3, size, size}, pixels);
  out.tensors["frames"] = make_tensor<std::uint8_t>("U8", {count, size, size, 3}, bytes);
  return out;
}

/// int32 samples of 10 bits as little-endian words.
Bytes words_of(const Tensor& tensor) {
  Bytes words;
  for (const std::int32_t sample : tensor.as<std::int32_t>()) {
    words.push_back(static_cast<std::uint8_t>(sample & 0xff));
    words.push_back(static_cast<std::uint8_t>(sample >> 8));
  }
  return words;
}

Bytes plane_of(const Tensor& tensor) {
  if (tensor.dtype == "I32") {
    return words_of(tensor);
  }
  const auto bytes = tensor.as<std::uint8_t>();
  return {bytes.begin(), bytes.end()};
}

PixelFormat format_of(const std::string& name) {
  if (name == "I420") return PixelFormat::i420;
  if (name == "NV12") return PixelFormat::nv12;
  if (name == "YUY2") return PixelFormat::yuy2;
  if (name == "I420_10LE") return PixelFormat::i420_10le;
  throw Unsupported("format " + name);
}

ColorMatrix matrix_of(const std::string& name) {
  if (name == "bt601") return ColorMatrix::bt601;
  if (name == "bt709") return ColorMatrix::bt709;
  throw Unsupported("matrix " + name);
}

Output color(const Case& c) {
  FrameView frame;
  frame.format = format_of(c.params.at("format"));
  frame.matrix = matrix_of(c.params.at("matrix"));
  frame.range = c.params.at("range") == "full" ? ColorRange::full : ColorRange::limited;
  frame.width = c.params.at("width").get<int>();
  frame.height = c.params.at("height").get<int>();
  std::vector<Bytes> planes;
  for (const char* name : {"y", "uv", "yuyv", "u", "v"}) {
    if (const auto found = c.inputs.find(name); found != c.inputs.end()) {
      const std::size_t plane = planes.size();
      planes.push_back(plane_of(found->second));
      frame.planes.at(plane) = planes.back().data();  // a vector's buffer stays where it is when the vector moves
      frame.strides.at(plane) = static_cast<std::ptrdiff_t>(planes.back().size()) / found->second.shape.at(0);
    }
  }

  RowReader reader(best_kernels());
  reader.open(frame);
  std::vector<float> rgb;
  Bytes row(std::size_t{3} * frame.width + kRowSlack);
  for (int y = 0; y < frame.height; ++y) {
    reader.read(y, 0, frame.width, {row.data(), row.data() + frame.width, row.data() + 2 * frame.width});
    for (int x = 0; x < frame.width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        rgb.push_back(row[channel * frame.width + x]);
      }
    }
  }
  Output out;
  out.tensors["rgb"] = make_tensor<float>("F32", {frame.height, frame.width, 3}, rgb);
  return out;
}

Output resize(const Case& c) {
  const std::vector<FrameView> frames = frames_of(c);
  const Size source = upright_size(frames.at(0));
  const Size target = c.params.contains("short")
                          ? rescaled_size(source, c.params.at("short").get<int>())
                          : Size{c.params.at("width").get<int>(), c.params.at("height").get<int>()};
  Resizer resizer;
  Bytes bytes;
  for (const FrameView& frame : frames) {
    append_packed(resized(resizer, frame, whole_picture(frame, target)), bytes);
  }
  Output out;
  out.tensors["frames"] = make_tensor<std::uint8_t>(
      "U8", {static_cast<std::int64_t>(frames.size()), target.height, target.width, 3}, bytes);
  out.values = {{"width", target.width}, {"height", target.height}};
  return out;
}

Output flip(const Case& c) {
  const std::vector<FrameView> frames = frames_of(c);
  const Size size = upright_size(frames.at(0));
  const auto draws = c.params.at("draws").get<std::vector<double>>();
  Resizer resizer;
  Bytes bytes;
  Json flipped = Json::array();
  for (const double draw : draws) {
    const bool mirrored = flips(draw, c.params.at("ratio").get<double>());
    flipped.push_back(mirrored);
    for (const FrameView& frame : frames) {
      Bytes planes = resized(resizer, frame, whole_picture(frame, size));
      if (mirrored) {
        mirror_rows(planes, size.width);
      }
      append_packed(planes, bytes);
    }
  }
  Output out;
  out.tensors["frames"] = make_tensor<std::uint8_t>(
      "U8",
      {static_cast<std::int64_t>(draws.size()), static_cast<std::int64_t>(frames.size()), size.height, size.width, 3},
      bytes);
  out.values["flipped"] = flipped;
  return out;
}

Output multi_view_order(const Case& c) {
  const std::vector<FrameView> frames = frames_of(c);
  const int length = c.params.at("num_frames").get<int>();
  const int clips = c.params.at("clips").get<int>();
  const int crops = c.params.at("crops").get<int>();
  const int side = c.params.at("size").get<int>();
  const Size size = upright_size(frames.at(0));
  Resizer resizer;
  Bytes views;
  for (const View& view : views_of(clips, crops)) {
    ResizePlan plan = whole_picture(frames[0], size);
    plan.window = crops == 3 ? three_crops(size, side)[view.crop] : center_crop(size, side, CropOffset::floor);
    for (int t = 0; t < length; ++t) {
      append(resized(resizer, frames.at(view.clip * length + t), plan), views);
    }
  }
  Output out;
  out.tensors["views"] = make_tensor<std::uint8_t>("U8", {crops * clips, length, 3, side, side}, views);
  return out;
}

Json json_of(const Box& box) { return {box.x1, box.y1, box.x2, box.y2}; }

Size size_of(const Json& item) { return {item.at("width").get<int>(), item.at("height").get<int>()}; }

/// Answers `{key: [answer(item), …]}` for each item of the case.
template <typename Answer>
Operation for_each_item(const char* key, Answer answer) {
  return [=](const Case& c) {
    Output out;
    out.values[key] = Json::array();
    for (const Json& item : c.params.at("items")) {
      out.values[key].push_back(answer(c, item));
    }
    return out;
  };
}

Json resize_size(const Case&, const Json& item) {
  const Size size = rescaled_size(size_of(item), item.at("short").get<int>());
  return {size.width, size.height};
}

Json center_box(const Case&, const Json& item) {
  return json_of(center_crop(size_of(item), item.at("size").get<int>(), CropOffset::floor));
}

Json three_boxes(const Case&, const Json& item) {
  Json boxes = Json::array();
  for (const Box& box : three_crops(size_of(item), item.at("size").get<int>())) {
    boxes.push_back(json_of(box));
  }
  return boxes;
}

Json multi_scale_box(const Case& c, const Json& item) {
  MultiScaleCrop crop;
  crop.scales = c.params.at("scales").get<std::vector<double>>();
  crop.max_gap = c.params.at("max_gap").get<int>();
  return json_of(crop.box(size_of(item), item.at("input_size").get<int>(), item.at("size_draw").get<std::size_t>(),
                          item.at("offset_draw").get<std::size_t>()));
}

Output scale_resize(const Case& c) {
  Output out;
  out.values["short"] = Json::array();
  for (const Json& size : c.params.at("input_sizes")) {
    out.values["short"].push_back(scaled_short_side(size.get<int>()));
  }
  return out;
}

Json sampled(const Case& c, const Json& item) {
  const std::string mode = c.params.at("mode");
  const auto video_frames = item.at("num_frames_video").get<std::int64_t>();
  const int frames = item.at("num_frames").get<int>();
  if (mode == "test") {
    return test_frame_indices(video_frames, frames);
  }
  const auto draws = item.at("draws").get<std::vector<std::int64_t>>();
  std::size_t next = 0;
  const Draw draw = [&](std::int64_t) { return draws.at(next++); };
  if (mode == "train") {
    return train_frame_indices(video_frames, frames, draw);
  }
  return multi_view_frame_indices(video_frames, frames, item.at("views").get<int>(), draw);
}

}  // namespace

void register_video_operations() {
  register_operation("sample_frames", for_each_item("indices", sampled));

  register_operation("scale_resize", scale_resize);
  register_operation("resize_size", for_each_item("sizes", resize_size));
  register_operation("resize", resize);
  register_operation("center_crop", for_each_item("boxes", center_box));
  register_operation("three_crop", for_each_item("boxes", three_boxes));
  register_operation("multi_scale_crop", for_each_item("boxes", multi_scale_box));
  register_operation("flip", flip);
  register_operation("multi_view_order", multi_view_order);

  register_operation("vifi_test_transform", vifi_test_transform);
  register_operation("clip_transform", clip_transform);
  register_operation("hf_clip_transform", hf_clip_transform);
  register_operation("siglip_transform", siglip_transform);
  register_operation("antialias_transform", antialias_transform);
  register_operation("vifi_train_transform", vifi_train_transform);
  register_operation("color_jitter", color_jitter);
  register_operation("grayscale", grayscale);
  register_operation("color", color);
}

}  // namespace vifi::parity
