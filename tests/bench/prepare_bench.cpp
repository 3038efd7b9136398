// Time to prepare one frame on one core: prepare_bench [rounds]. Prints the fastest round, in milliseconds of
// processor time.

#include <vifi/preprocess.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "video/kernels.h"
#include "video/pixel_layout.h"
#include "video/prepare_plan.h"
#include "video/resizer.h"

namespace vifi {
namespace {

struct Picture {
  FrameView view;
  std::vector<std::vector<std::uint8_t>> planes;
};

Picture make_picture(PixelFormat format, int width, int height, Orientation orientation) {
  const PixelLayout& layout = layout_of(format);
  Picture picture;
  picture.view.format = format;
  picture.view.width = width;
  picture.view.height = height;
  picture.view.orientation = orientation;
  unsigned state = 1;
  for (int plane = 0; plane < layout.planes; ++plane) {
    const int stride = (layout.row_bytes(plane, width) + 3) / 4 * 4;
    picture.planes.emplace_back(static_cast<std::size_t>(stride) * height);
    for (std::uint8_t& byte : picture.planes.back()) {
      state = state * 1664525 + 1013904223;
      byte = static_cast<std::uint8_t>(state >> 24);
    }
    picture.view.planes[plane] = picture.planes.back().data();
    picture.view.strides[plane] = stride;
  }
  return picture;
}

/// Processor time of this thread: what other processes take does not count.
double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

template <typename Body>
double fastest_ms(int rounds, Body body) {
  double fastest = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const double start = thread_ms();
    body();
    fastest = std::min(fastest, thread_ms() - start);
  }
  return fastest;
}

struct Job {
  const char* name;
  PreprocessSpec spec;
  PixelFormat format;
  int width, height;
  Orientation orientation;
};

/// The resize alone with the given kernels.
double resize_ms(const Kernels& kernels, const Job& job, const FrameView& frame, int rounds) {
  const ResizeRule rule = rule_of(job.spec);
  const ResizePlan plan = plan_of(job.spec, rule, frame, true);
  Resizer resizer(kernels);
  const std::size_t count = std::size_t{3} * job.spec.size * job.spec.size;
  std::vector<std::uint8_t> bytes(count);
  std::vector<float> floats(count);
  return fastest_ms(rounds, [&] {
    if (rule == ResizeRule::antialias_bilinear) {
      resizer.resize(frame, plan, std::span(floats));
    } else {
      resizer.resize(frame, plan, std::span(bytes));
    }
  });
}

void run(const Job& job, int rounds) {
  const Picture picture = make_picture(job.format, job.width, job.height, job.orientation);
  Preparer preparer(job.spec);
  PreparedFrame out;
  const double whole = fastest_ms(rounds, [&] { preparer.prepare(picture.view, out); });
  const double plain = resize_ms(plain_kernels(), job, picture.view, std::max(rounds / 5, 2));
  std::printf("%-34s %5d x %-5d %8.2f ms   (plain kernels %.2f ms)\n", job.name, job.width, job.height, whole, plain);
}

}  // namespace
}  // namespace vifi

int main(int argc, char** argv) {
  using namespace vifi;
  const int rounds = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 30;

  PreprocessSpec a;
  a.resize_size = 256;
  a.interpolation = Interpolation::bilinear;
  a.antialias = false;
  a.rounding = Rounding::opencv;
  PreprocessSpec b;
  PreprocessSpec c;
  c.interpolation = Interpolation::bilinear;
  c.rounding = Rounding::floating;
  PreprocessSpec c64 = c;
  c64.size = 64;

  const Orientation up = Orientation::rotate_0;
  std::printf("kernels: %s\n", best_kernels().name);
  run({"rule B 224, NV12", b, PixelFormat::nv12, 1920, 1080, up}, rounds);
  run({"rule B 224, I420", b, PixelFormat::i420, 1920, 1080, up}, rounds);
  run({"rule B 224, RGB", b, PixelFormat::rgb, 1920, 1080, up}, rounds);
  run({"rule B 224, BGRx", b, PixelFormat::bgrx, 1920, 1080, up}, rounds);
  run({"rule B 224, YUY2", b, PixelFormat::yuy2, 1920, 1080, up}, rounds);
  run({"rule B 224, P010", b, PixelFormat::p010_10le, 1920, 1080, up}, rounds);
  run({"rule B 224, NV12 turned by 90", b, PixelFormat::nv12, 1920, 1080, Orientation::rotate_90}, rounds);
  run({"rule B 224, NV12", b, PixelFormat::nv12, 1280, 720, up}, rounds);
  run({"rule B 224, NV12", b, PixelFormat::nv12, 3840, 2160, up}, rounds);
  run({"rule A 224, NV12", a, PixelFormat::nv12, 1920, 1080, up}, rounds);
  run({"rule C 224, NV12", c, PixelFormat::nv12, 1920, 1080, up}, rounds);
  run({"rule C 64, NV12", c64, PixelFormat::nv12, 1920, 1080, up}, rounds);
  run({"rule C 64, I420", c64, PixelFormat::i420, 320, 240, up}, rounds);
  return 0;
}
