// Videos in files, archives and folders of pictures, their clips and their cache.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "data/loader.h"
#include "data/media_root.h"
#include "data/video_clips.h"
#include "data/video_source.h"
#include "support/temporary_folder.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;
using Indices = std::vector<std::int64_t>;

fs::path clips() { return fs::path(std::getenv("VIFI_TEST_DATA")) / "clips"; }

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A ustar header and the padded content.
std::string member(const std::string& name, const std::string& content, char type = '0') {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  put(0, name.substr(0, 100));
  put(100, "0000644");
  char size[13];
  std::snprintf(size, sizeof size, "%011o", static_cast<unsigned>(content.size()));
  put(124, size);
  put(148, "        ");
  header[156] = type;
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, std::string(digits, 7));
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

/// The 16-bit numbers that frames of a test clip carry; `width` 128.
int code_of(const FrameView& frame) {
  int code = 0;
  for (int block = 0; block < 16; ++block) {
    const int x = frame.width * (2 * block + 1) / 32;
    const int step = frame.format == PixelFormat::rgb ? 3 : 1;
    code = code * 2 + (frame.planes[0][frame.strides[0] + x * step] > 127 ? 1 : 0);
  }
  return code;
}

Indices codes(const VideoPlace& place, const Indices& wanted) {
  IndexStore store;
  const auto video = open_video(place, store);
  Indices seen;
  video->read(wanted, [&](std::size_t slot, const FrameView& frame) {
    EXPECT_EQ(slot, seen.size());
    seen.push_back(code_of(frame));
  });
  return seen;
}

class Videos : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    const std::string path = folder_.path(name);
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  VideoClipOptions options() const {
    VideoClipOptions options;
    options.frames = 4;
    options.size = 32;
    options.crops = {train_transforms({.preprocess = reference_preprocess(32)})};
    options.choice = FrameChoice::drawn;
    return options;
  }

  TemporaryFolder folder_;
};

TEST_F(Videos, AreFoundBelowTheRoot) {
  const VideoPlace place = MediaRoot(clips().string()).find("key_frames.mp4");
  EXPECT_EQ(codes(place, {0, 57, 57, 119}), (Indices{0, 57, 57, 119}));
  EXPECT_EQ(MediaRoot("").find(place.path).path, place.path);
  EXPECT_EQ(MediaRoot("/").find(place.path).path, place.path);
}

TEST_F(Videos, AreReadFromATarArchive) {
  const std::string video = content_of(clips() / "key_frames.mp4");
  const std::string long_name = "folder/" + std::string(120, 'x') + "/[odd] name #1.mp4";
  const std::string archive = write("videos.tar", member("./a.mp4", video) + member("dir", "", '5') +
                                                      member("././@LongLink", long_name + '\0', 'L') + member("cut", video) +
                                                      std::string(1024, '\0'));
  const MediaRoot root(archive);
  EXPECT_EQ(root.archive()->names(), (std::vector<std::string>{"a.mp4", long_name}));
  EXPECT_EQ(codes(root.find("a.mp4"), {3, 99}), (Indices{3, 99}));
  EXPECT_EQ(codes(root.find(long_name), {7}), (Indices{7}));
  EXPECT_TRUE(MediaRoot(folder_.path("videos.tar")).archive());
  try {
    root.find("b.mp4");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_NE(error.message().find("b.mp4: the archive"), std::string::npos);
  }
}

TEST_F(Videos, PaxNamesAreRead) {
  const std::string name = "ein Gruß.mp4";
  const std::string record = " path=" + name + "\n";
  const std::string records = std::to_string(record.size() + 2) + record;
  const MediaRoot root(write("pax.tar", member("PaxHeaders/x", records, 'x') + member("x", "content")));
  EXPECT_EQ(root.archive()->find(name)->size, 7);
}

TEST_F(Videos, BrokenArchivesAreRefused) {
  const std::string good = member("a.mp4", "content");
  EXPECT_THROW(TarArchive(write("cut.tar", good.substr(0, 515))), Error);
  std::string sum = good;
  sum[3] ^= 1;
  EXPECT_THROW(TarArchive(write("sum.tar", sum)), Error);
  EXPECT_THROW(TarArchive(write("text.tar", std::string(2000, 'a'))), Error);
  EXPECT_THROW(TarArchive(folder_.path("none.tar")), Error);
}

TEST_F(Videos, ATarOfTheSharedClipsIsReadWhole) {
  const char* shared = std::getenv("VIFI_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "VIFI_SHARED is not set: there is no shared archive";
  const TarArchive archive(std::string(shared) + "/data/clips/gen/videos.tar");
  EXPECT_GT(archive.size(), 0U);
  IndexStore store;
  const MediaRoot root(archive.path());
  for (const std::string& name : archive.names()) EXPECT_GT(open_video(root.find(name), store)->frame_count(), 0) << name;
}

TEST_F(Videos, AFolderOfPicturesIsAVideo) {
  // A 2 x 2 PNG of one grey, the smallest that a decoder takes; frames are told apart by their number alone.
  const std::string picture = content_of(clips() / "frames" / "grey.png");
  for (const char* name : {"f/img_1.png", "f/img_2.png", "f/img_10.png", "f/notes.txt"}) write(name, picture);
  IndexStore store;
  const auto video = open_video(MediaRoot(folder_.path()).find("f"), store);
  EXPECT_EQ(video->frame_count(), 3);
  std::size_t seen = 0;
  EXPECT_EQ(video->read(Indices{0, 2, 2}, [&](std::size_t slot, const FrameView& frame) {
    EXPECT_EQ(slot, seen++);
    EXPECT_EQ(frame.width, 2);
  }), 2);
  EXPECT_EQ(seen, 3U);
  EXPECT_THROW(video->read(Indices{3}, [](std::size_t, const FrameView&) {}), Error);
  EXPECT_THROW(open_video(MediaRoot("").find(folder_.path()), store), Error);  // no picture in it
}

TEST_F(Videos, PicturesFollowTheirNumbersAndABrokenOneIsNamed) {
  const std::string picture = content_of(clips() / "frames" / "grey.png");
  write("g/2.png", picture);
  write("g/10.png", "no picture");
  IndexStore store;
  const auto video = open_video(MediaRoot(folder_.path()).find("g"), store, {.idle_timeout_ns = 5'000'000'000});
  std::size_t seen = 0;
  try {
    video->read(Indices{0, 1}, [&](std::size_t, const FrameView&) { ++seen; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("10.png"), std::string::npos) << error.what();
  }
  EXPECT_EQ(seen, 1U);
}

TEST_F(Videos, IndicesAreKeptOnDiskAndDoubted) {
  VideoIndex index{{0, 40, 80}, {0, 2}, false};
  const std::string store = folder_.path("indices");
  IndexStore(store).keep("a|1|2", index);
  EXPECT_EQ(IndexStore(store).find("a|1|2"), index);
  EXPECT_FALSE(IndexStore(store).find("a|1|3"));
  for (const auto& entry : fs::directory_iterator(store)) {
    std::string bytes = content_of(entry.path());
    std::ofstream(entry.path(), std::ios::binary) << bytes.substr(0, bytes.size() - 3);
  }
  EXPECT_FALSE(IndexStore(store).find("a|1|2"));
}

TEST_F(Videos, AllClipsOfAVideoSpanIt) {
  Random random({1});
  EXPECT_EQ(clip_frames(16, 2, 1, FrameChoice::middle, random), (Indices{4, 12}));
  EXPECT_EQ(clip_frames(16, 2, 2, FrameChoice::middle, random), (Indices{2, 10, 6, 14}));
  const Indices drawn = clip_frames(16, 2, 2, FrameChoice::drawn, random);
  ASSERT_EQ(drawn.size(), 4U);
  for (const std::size_t i : {0U, 2U}) EXPECT_TRUE(drawn[i] < 8 && drawn[i + 1] >= 8);
}

TEST_F(Videos, ClipsHaveTheFramesOfTheirViewsInOrder) {
  // Crop 1 of a picture as high as wide shows the same as crop 0, so that views differ in their clips alone.
  VideoClipOptions wanted = options();
  wanted.choice = FrameChoice::middle;
  wanted.frames = 2;
  wanted.clips = 2;
  const TransformList test = test_transforms(reference_preprocess(32));
  wanted.crops = {test, test};
  const VideoClips source({{"key_frames.mp4", 3}}, MediaRoot(clips().string()), wanted);
  EXPECT_EQ(source.shape(), (std::array<std::int64_t, 4>{8, 3, 32, 32}));
  std::vector<float> images(8 * 3 * 32 * 32);
  Random random({1});
  source.reader()->read(0, random, images);
  const std::size_t half = images.size() / 2;
  EXPECT_TRUE(std::equal(images.begin(), images.begin() + half, images.begin() + half));
  EXPECT_FALSE(std::equal(images.begin(), images.begin() + half / 2, images.begin() + half / 2));
}

TEST_F(Videos, AShortVideoIsDecodedOnceForTheCache) {
  VideoClipOptions cached = options();
  cached.cache_folder = folder_.path("cache");
  const auto decoded_by_two_epochs = [&](int frames) {
    cached.frames = frames;
    std::int64_t decoded = 0;
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
      const VideoClips source({{"key_frames.mp4", 0}}, MediaRoot(clips().string()), cached);  // 120 frames
      std::vector<float> images(static_cast<std::size_t>(frames) * 3 * 32 * 32);
      Random random({7, epoch});
      source.reader()->read(0, random, images);
      decoded += source.decoded_frames();
    }
    return decoded;
  };
  EXPECT_EQ(decoded_by_two_epochs(60), 120);  // all, the second time none
}

TEST_F(Videos, AFullCacheCostsNoDecoding) {
  VideoClipOptions wanted = options();
  wanted.frames = 60;
  const auto decoded_by_two_readings = [&] {
    const VideoClips source({{"key_frames.mp4", 0}}, MediaRoot(clips().string()), wanted);  // 120 frames
    std::vector<float> images(60 * 3 * 32 * 32);
    const auto reader = source.reader();
    for (int reading = 0; reading < 2; ++reading) {
      Random random({8});  // does not draw the last frame
      reader->read(0, random, images);
    }
    return source.decoded_frames();
  };
  const std::int64_t plain = decoded_by_two_readings();
  ASSERT_EQ(plain, 2 * 119);
  wanted.cache_folder = folder_.path("cache");
  wanted.cache_bytes = 1;
  EXPECT_EQ(decoded_by_two_readings(), 120 + 119);  // that it is full is known from the first reading on
}

TEST_F(Videos, TheCacheChangesNothingButTheDecoding) {
  const std::vector<Annotation> list{{"key_frames.mp4", 0}, {"vfr.mp4", 1}};
  const auto read = [&](const VideoClipOptions& with, std::int64_t epoch, std::int64_t& decoded) {
    VideoClips source(list, MediaRoot(clips().string()), with);
    std::vector<float> images(2 * 4 * 3 * 32 * 32);
    const auto reader = source.reader();
    for (std::uint64_t sample = 0; sample < 2; ++sample) {
      Random random({7, static_cast<std::uint64_t>(epoch), sample});
      reader->read(sample, random, std::span(images).subspan(sample * images.size() / 2, images.size() / 2));
    }
    decoded = source.decoded_frames();
    return images;
  };
  VideoClipOptions cached = options();
  cached.cache_folder = folder_.path("cache");
  std::int64_t plain_count = 0, first_count = 0, second_count = 0;
  const auto plain = read(options(), 0, plain_count);
  EXPECT_EQ(read(cached, 0, first_count), plain);
  EXPECT_EQ(read(cached, 0, second_count), plain);
  EXPECT_GT(first_count, 0);
  EXPECT_EQ(second_count, 0);

  // Frames of another resize are others, in the same folder.
  VideoClipOptions smooth = options();
  const PreprocessSpec spec{.size = 32, .resize_size = 36, .interpolation = Interpolation::bilinear, .rounding = Rounding::floating};
  smooth.crops = {train_transforms({.preprocess = spec, .random_crop = false, .flip = 0, .color_jitter = 0, .gray_scale = 0})};
  const auto smoothed = read(smooth, 0, plain_count);
  smooth.cache_folder = cached.cache_folder;
  for (int pass = 0; pass < 2; ++pass) EXPECT_EQ(read(smooth, 0, second_count), smoothed);
  EXPECT_EQ(second_count, 0);

  // Whatever a crash leaves behind is noticed.
  for (const auto& entry : fs::directory_iterator(folder_.path("cache"))) {
    std::string bytes = content_of(entry.path());
    for (std::size_t i = 5000; i < bytes.size(); i += 997) bytes[i] ^= 0x55;
    std::ofstream(entry.path(), std::ios::binary) << bytes;
  }
  std::int64_t third_count = 0;
  EXPECT_EQ(read(cached, 0, third_count), plain);
  EXPECT_GT(third_count, 0);
}

TEST_F(Videos, AFullCacheTakesNoMore) {
  VideoClipOptions cached = options();
  cached.cache_folder = folder_.path("cache");
  cached.cache_bytes = 10'000;  // less than two frames
  const VideoClips source({{"key_frames.mp4", 0}}, MediaRoot(clips().string()), cached);
  std::vector<float> images(4 * 3 * 32 * 32);
  Random random({1});
  source.reader()->read(0, random, images);
  std::uintmax_t used = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path("cache"))) used += fs::file_size(entry.path()) > 0 ? 1 : 0;
  EXPECT_LE(used, 1U);
}

TEST_F(Videos, ALoaderNamesWhatItSkips) {
  const std::vector<Annotation> list{{"key_frames.mp4", 0}, {"text.mp4", 1}, {"no such.mp4", 1}, {"vfr.mp4", 1}};
  Loader loader(std::make_shared<VideoClips>(list, MediaRoot(clips().string()), options()),
                {.batch = 4, .shuffle = false, .on_broken = OnBroken::skip});
  loader.begin(0);
  const auto batch = loader.next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->samples, (Indices{0, 3}));
  const auto broken = loader.broken();
  ASSERT_EQ(broken.size(), 2U);
  EXPECT_NE(broken[0].error.find("text.mp4: not a media file"), std::string::npos) << broken[0].error;
  EXPECT_NE(broken[1].error.find("no such.mp4: no such video"), std::string::npos) << broken[1].error;
}

TEST_F(Videos, OptionsThatMakeNoClipAreRefused) {
  VideoClipOptions empty = options();
  empty.crops.clear();
  EXPECT_THROW(VideoClips({}, MediaRoot(""), empty), Error);
  EXPECT_THROW(MediaRoot(folder_.path("none")), Error);
}

}  // namespace
}  // namespace vifi::train
