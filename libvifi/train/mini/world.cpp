#include "mini/world.h"

#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <numeric>
#include <thread>
#include <vector>

#include "data/annotations.h"
#include "data/text_files.h"
#include "mini/image.h"
#include "mini/mini_clips.h"
#include "mini/video_writer.h"
#include "vifi/error.h"
#include "video/frame_sampling.h"

namespace vifi::train::mini {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw Error(ErrorCode::unreadable, fmt::format("[mini] {}: the folder cannot be made ({})", folder.string(), error.message()),
                "name a folder that you may write");
  }
}

/// Runs `work(i)` for i in [0, count) on several threads. Each thread has its own worker. Throws what one threw first.
template <typename MakeWorker>
void in_parallel(std::int64_t count, int threads, MakeWorker make_worker, const Progress& progress) {
  std::atomic<std::int64_t> next = 0;
  std::mutex mutex;  // of the two below and of `progress`
  std::int64_t done = 0;
  std::exception_ptr failure;
  const auto run = [&] {
    try {
      auto work = make_worker();
      for (std::int64_t i = next++; i < count; i = next++) {
        work(i);
        std::lock_guard lock(mutex);
        ++done;
        if (progress) progress(done, count);
      }
    } catch (...) {
      next = count;
      std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> pool;
  for (int i = 1; i < std::max(threads, 1); ++i) pool.emplace_back(run);
  run();
  for (std::thread& thread : pool) thread.join();
  if (failure) std::rethrow_exception(failure);
}

std::string folder_name(std::string phrase) {
  std::replace(phrase.begin(), phrase.end(), ' ', '_');
  return phrase;
}

/// One clip as a video whose frames are those of its times.
void write_clip(const fs::path& path, const ClipFolderOptions& options, std::size_t phrase, int number, Renderer& renderer) {
  Random random({options.seed, set_key(options.set), phrase, static_cast<std::uint64_t>(number)});
  const double duration = random.uniform(1, 6);
  constexpr std::array<int, 5> kRates{8, 10, 12, 15, 24};
  const int rate = kRates[static_cast<std::size_t>(random.below(5))];
  const ClipPlan plan = plan_clip(&phrases()[phrase], duration, Domain::video, random);
  const auto count = std::max<std::int64_t>(4, std::llround(duration * rate));
  VideoWriter writer(path, {.width = options.width, .height = options.height, .fps_n = rate, .crf = 18});
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * options.width * options.height));
  std::vector<std::int64_t> kept(static_cast<std::size_t>(count));
  std::iota(kept.begin(), kept.end(), 0);
  if (options.frames > 0) kept = test_frame_indices(count, options.frames);
  for (const std::int64_t frame : kept) {
    renderer.draw(plan, static_cast<double>(frame) / rate, rgb);
    writer.add(rgb);
  }
  writer.finish();
}

/// Planar RGB as a PNG file. @param planes  [3, side, side]
void write_png(const fs::path& path, std::span<const std::uint8_t> planes, int side) {
  std::shared_ptr<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, side, side), cairo_surface_destroy);
  unsigned char* pixels = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  const std::size_t area = static_cast<std::size_t>(side) * side;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const std::size_t at = static_cast<std::size_t>(y) * side + x;
      unsigned char* pixel = pixels + y * stride + 4 * x;
      for (std::size_t channel = 0; channel < 3; ++channel) pixel[2 - channel] = planes[channel * area + at];
      pixel[3] = 255;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  if (cairo_surface_write_to_png(surface.get(), path.c_str()) != CAIRO_STATUS_SUCCESS) {
    throw Error(ErrorCode::unreadable, fmt::format("[mini] {}: cannot be written", path.string()), "check the folder and the disk");
  }
}

struct BroadcastScene {
  const Phrase* phrase = nullptr;
  bool person = true;
  double seconds = 0;
};

std::vector<BroadcastScene> plan_broadcast(const BroadcastOptions& options, Random& random) {
  std::vector<BroadcastScene> scenes;
  const auto demo = phrase_list("demo");
  std::vector<std::size_t> pass;
  for (int i = 0; i < options.actions; ++i) {
    if (pass.empty()) {  // every label once before any comes again
      pass = demo;
      for (std::size_t k = pass.size(); k > 1; --k) {
        std::swap(pass[k - 1], pass[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(k)))]);
      }
    }
    scenes.push_back({&phrases()[pass.back()], true, random.uniform(options.shortest_s, options.longest_s)});
    pass.pop_back();
  }
  for (const bool person : {true, true, false}) {
    const auto place = random.below(static_cast<std::int64_t>(scenes.size()) + 1);
    const double seconds = std::min(6.5, random.uniform(options.shortest_s, options.longest_s));
    scenes.insert(scenes.begin() + place, {nullptr, person, seconds});
  }
  return scenes;
}

}  // namespace

void write_clips(const ClipFolderOptions& options, const Progress& progress) {
  const auto chosen = phrase_list(options.list);
  const fs::path root = options.folder;
  std::vector<Annotation> list;
  LabelSet labels;
  for (std::size_t label = 0; label < chosen.size(); ++label) {
    const std::string& name = phrases()[chosen[label]].name;
    labels.labels.push_back({static_cast<int>(label), name, false});
    const std::string folder = options.set + "/" + folder_name(name);
    make_folder(root / folder);
    for (int number = 0; number < options.clips; ++number) {
      list.push_back({fmt::format("{}/{:03}.mp4", folder, number), static_cast<int>(label)});
    }
  }
  in_parallel(static_cast<std::int64_t>(list.size()), options.threads, [&] {
    return [&, renderer = std::make_shared<Renderer>(options.width, options.height)](std::int64_t i) {
      const fs::path path = root / list[static_cast<std::size_t>(i)].path;
      if (fs::exists(path)) return;
      write_clip(path, options, chosen[static_cast<std::size_t>(i / options.clips)], static_cast<int>(i % options.clips), *renderer);
    };
  }, progress);
  write_annotations((root / (options.set + ".txt")).string(), list);
  write_label_file((root / (options.list + "_labels.csv")).string(), labels);
}

void write_images(const ImageFolderOptions& options, const Progress& progress) {
  const fs::path root = options.folder;
  std::vector<Caption> captions(static_cast<std::size_t>(options.count));
  for (std::int64_t hundred = 0; hundred * 1000 < options.count; ++hundred) make_folder(root / fmt::format("images/{:03}", hundred));
  in_parallel(options.count, options.threads, [&] {
    return [&, maker = std::make_shared<ImageMaker>(options.seed),
            planes = std::vector<std::uint8_t>(3 * kInputSize * kInputSize)](std::int64_t i) mutable {
      const ImageFacts facts = maker->make(static_cast<std::uint64_t>(i), planes);
      Random random({options.seed, 1, static_cast<std::uint64_t>(i)});
      Caption& caption = captions[static_cast<std::size_t>(i)];
      caption.path = fmt::format("images/{:03}/{:06}.png", i / 1000, i);
      caption.text = caption_of(facts, random);
      write_png(root / caption.path, planes, kInputSize);
    };
  }, progress);
  write_captions((root / "captions.tsv").string(), captions);
}

void write_broadcast(const BroadcastOptions& options) {
  make_folder(options.folder);
  Random random({options.seed, set_key("broadcast"), set_key(options.name)});
  const auto scenes = plan_broadcast(options, random);
  const fs::path root = options.folder;
  VideoWriter writer((root / (options.name + ".mp4")).string(), {.width = options.width, .height = options.height,
                                                                 .fps_n = options.fps_n, .fps_d = options.fps_d,
                                                                 .crf = 27, .max_kbits = 260});
  Renderer renderer(options.width, options.height);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * options.width * options.height));
  const double fps = static_cast<double>(options.fps_n) / options.fps_d;
  nlohmann::ordered_json segments = nlohmann::ordered_json::array();
  std::int64_t frame = 0;
  for (const BroadcastScene& scene : scenes) {
    const auto count = std::llround(scene.seconds * fps);
    const double seconds = static_cast<double>(count) / fps;
    const ClipPlan plan = plan_broadcast_scene(scene.phrase, scene.person, seconds, random);
    for (std::int64_t i = 0; i < count; ++i) {
      renderer.draw(plan, static_cast<double>(i) / fps, rgb);
      writer.add(rgb);
    }
    nlohmann::ordered_json segment;
    segment["start_s"] = static_cast<double>(frame) / fps;
    frame += count;
    segment["end_s"] = static_cast<double>(frame) / fps;
    segment["label"] = scene.phrase != nullptr ? nlohmann::ordered_json(scene.phrase->name) : nlohmann::ordered_json();
    segment["kind"] = scene.phrase != nullptr ? "action" : scene.person ? "idle" : "empty";
    segments.push_back(std::move(segment));
  }
  writer.finish();
  nlohmann::ordered_json timeline{{"video", options.name + ".mp4"}, {"fps", fps}, {"fps_num", options.fps_n},
                                  {"fps_den", options.fps_d}, {"width", options.width}, {"height", options.height},
                                  {"frames", frame}, {"duration_s", static_cast<double>(frame) / fps},
                                  {"segments", std::move(segments)}};
  write_whole("mini", (root / (options.name + ".timeline.json")).string(), timeline.dump(1) + "\n");
}

void write_sheet(const std::string& file, const std::string& list, std::uint64_t seed, int columns, int width, int height) {
  const auto chosen = phrase_list(list);
  const int rows = (static_cast<int>(chosen.size()) + columns - 1) / columns;
  std::shared_ptr<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns * width, rows * height),
                                           cairo_surface_destroy);
  unsigned char* pixels = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  Renderer renderer(width, height);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * width * height));
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    Random random({seed, set_key("sheet"), chosen[i]});
    const ClipPlan plan = plan_clip(&phrases()[chosen[i]], 4, Domain::video, random);
    renderer.draw(plan, random.uniform(1, 3), rgb);
    const int left = static_cast<int>(i) % columns * width, top = static_cast<int>(i) / columns * height;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        unsigned char* pixel = pixels + (top + y) * stride + 4 * (left + x);
        const std::uint8_t* from = rgb.data() + 3 * (static_cast<std::size_t>(y) * width + x);
        for (int channel = 0; channel < 3; ++channel) pixel[2 - channel] = from[channel];
      }
    }
  }
  cairo_surface_mark_dirty(surface.get());
  if (cairo_surface_write_to_png(surface.get(), file.c_str()) != CAIRO_STATUS_SUCCESS) {
    throw Error(ErrorCode::unreadable, fmt::format("[mini] {}: cannot be written", file), "check the folder");
  }
}

}  // namespace vifi::train::mini
