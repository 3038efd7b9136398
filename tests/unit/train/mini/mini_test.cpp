// The miniature world: phrases, poses, pictures, captions, files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "data/annotations.h"
#include "data/loader.h"
#include "mini/image.h"
#include "mini/mini_clips.h"
#include "mini/mini_images.h"
#include "mini/world.h"
#include "support/temporary_folder.h"
#include "vifi/error.h"
#include "vifi/video_reader.h"

namespace vifi::train::mini {
namespace {

const Phrase& phrase_named(std::string_view name) {
  const auto found = std::find_if(phrases().begin(), phrases().end(), [&](const Phrase& one) { return one.name == name; });
  if (found == phrases().end()) throw std::runtime_error("no phrase " + std::string(name));
  return *found;
}

std::vector<std::uint8_t> picture_of(const Phrase* phrase, std::uint64_t seed, double t, int width = 96, int height = 72) {
  Random random({seed});
  const ClipPlan plan = plan_clip(phrase, 4, Domain::video, random);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * width * height));
  Renderer(width, height).draw(plan, t, rgb);
  return rgb;
}

TEST(MiniPhrases, AreAllThereInTheirLists) {
  EXPECT_EQ(phrases().size(), 174U);
  const std::map<std::string, std::size_t> sizes{{"base", 44}, {"temporal", 8}, {"novel", 30},  {"zero_shot", 22},    {"aux", 70},
                                                 {"demo", 16}, {"finetune", 52}, {"heldin24", 24}, {"pretraining", 152}, {"all", 174}};
  for (const auto& [list, size] : sizes) EXPECT_EQ(phrase_list(list).size(), size) << list;
  EXPECT_THROW(phrase_list("none"), Error);
}

TEST(MiniPhrases, EveryOneIsDrawnWithAllJointsInPlace) {
  Renderer renderer(96, 72);
  std::vector<std::uint8_t> rgb(3 * 96 * 72);
  for (const Phrase& phrase : phrases()) {
    Random random({5, set_key(phrase.name)});
    const ClipPlan plan = plan_clip(&phrase, 3, Domain::video, random);
    for (const double t : {0.0, 1.3, 3.0}) {
      for (const Point& joint : renderer.draw(plan, t, rgb)) {
        EXPECT_TRUE(std::isfinite(joint.x) && joint.x > -0.7 && joint.x < 2.1 && joint.y > -0.6 && joint.y < 1.4)
            << phrase.name << " at " << t << " s: " << joint.x << ", " << joint.y;
      }
    }
  }
}

TEST(MiniPhrases, APictureDoesNotDependOnThoseDrawnBefore) {
  Renderer used(96, 72);
  std::vector<std::uint8_t> rgb(3 * 96 * 72), alone(rgb.size());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random({seed});
    const ClipPlan plan = plan_clip(nullptr, 4, seed % 2 == 0 ? Domain::image : Domain::video, random);
    used.draw(plan, 1.7, rgb);
    Renderer(96, 72).draw(plan, 1.7, alone);
    ASSERT_EQ(rgb, alone) << "seed " << seed;
  }
}

TEST(MiniPose, TheWavingHandIsAboveTheShoulderAndTheOtherHangs) {
  Random random({1});
  const Phrase& phrase = phrase_named("waving the left arm");
  const Joints joints = solved(pose_of(&phrase, draw_action(&phrase, 4, random), 1));
  EXPECT_GT(joints.hand[0].y, joints.shoulder[0].y);
  EXPECT_LT(joints.hand[1].y, joints.shoulder[1].y);
  EXPECT_GT(joints.shoulder[0].x, joints.shoulder[1].x);  // the person's left is at the right of the image
}

TEST(MiniPose, FeetStandOnTheGroundAndJumpsLeaveIt) {
  Random random({1});
  const Phrase& phrase = phrase_named("jumping with arms up");
  const ActionDraws draws = draw_action(&phrase, 4, random);
  double lowest = 9, highest = -9;
  for (double t = 0; t < 4; t += .02) {
    const Joints joints = solved(pose_of(&phrase, draws, t));
    const double foot = std::min(joints.ankle[0].y, joints.ankle[1].y);
    lowest = std::min(lowest, foot);
    highest = std::max(highest, foot);
  }
  EXPECT_NEAR(lowest, .02, 1e-9);
  EXPECT_NEAR(highest, .02 + .26 * draws.amp, .005);
}

TEST(MiniPose, TimeOrderPairsShowTheSamePosesBackwards) {
  Random random({1});
  const Phrase& up = phrase_named("climbing up a ladder");
  const Phrase& down = phrase_named("climbing down a ladder");
  const ActionDraws draws = draw_action(&up, 4, random);
  const Joints a = solved(pose_of(&up, draws, 1)), b = solved(pose_of(&down, draws, 3));
  EXPECT_NEAR(a.head.y, b.head.y, 1e-9);
  EXPECT_NEAR(a.hand[0].x, b.hand[0].x, 1e-9);
  EXPECT_LT(a.head.y, solved(pose_of(&up, draws, 3)).head.y);
}

TEST(MiniPose, WhoGoesToTheLeftFacesLeft) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    Random random({seed});
    EXPECT_EQ(draw_action(&phrase_named("walking to the left"), 4, random).facing, -1);
    EXPECT_EQ(draw_action(&phrase_named("waving both arms"), 4, random).facing, 1);
  }
}

TEST(MiniPictures, DependOnTheirKeysAlone) {
  const Phrase& phrase = phrase_named("playing a drum");
  EXPECT_EQ(picture_of(&phrase, 1, .5), picture_of(&phrase, 1, .5));
  EXPECT_NE(picture_of(&phrase, 1, .5), picture_of(&phrase, 2, .5));
  EXPECT_NE(picture_of(&phrase, 1, .5), picture_of(&phrase, 1, .6));
}

TEST(MiniPictures, AreNeitherBlackNorWhite) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto rgb = picture_of(nullptr, seed, 0);
    double sum = 0;
    for (const std::uint8_t value : rgb) sum += value;
    const double mean = sum / static_cast<double>(rgb.size());
    EXPECT_GT(mean, 30);
    EXPECT_LT(mean, 235);
  }
}

TEST(MiniPictures, ImpossibleSizesAreRefused) {
  EXPECT_THROW(Renderer(0, 72), Error);
  EXPECT_THROW(Renderer(96, 100'000), Error);
}

TEST(MiniImages, FollowTheirShares) {
  ImageMaker maker(3);
  std::vector<std::uint8_t> planes(3 * kInputSize * kInputSize);
  int actions = 0, persons = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const ImageFacts facts = maker.make(i, planes);
    actions += facts.phrase >= 0 ? 1 : 0;
    persons += facts.person ? 1 : 0;
    if (facts.phrase >= 0) {
      EXPECT_NE(phrases()[static_cast<std::size_t>(facts.phrase)].split, "zero_shot");
    }
  }
  EXPECT_NEAR(actions, 900, 48);  // 5 standard deviations
  EXPECT_NEAR(persons, 940, 38);
}

TEST(MiniImages, AJointLiesWhereItsPixelsAre) {
  // A person in a plain scene without noise: the head's place shows skin or hair, not the wall.
  Random random({4});
  ClipPlan plan = plan_clip(nullptr, 4, Domain::image, random);
  plan.scene = Scene();
  plan.scene.first = {0, 0, 1};
  plan.look.skin = plan.look.hair = {1, 0, 0};
  plan.action.idle_frontal = true;
  Renderer renderer(320, 240);
  std::vector<std::uint8_t> rgb(3 * 320 * 240);
  const JointPlaces places = renderer.draw(plan, 0, rgb);
  const auto x = static_cast<std::size_t>(places[0].x * 240), y = static_cast<std::size_t>(places[0].y * 240);
  const std::uint8_t* pixel = rgb.data() + 3 * (y * 320 + x);
  EXPECT_GT(pixel[0], 200);
  EXPECT_LT(pixel[2], 60);
}

TEST(MiniCaptions, NameWhatIsSeen) {
  ImageFacts facts;
  facts.content = ImageFacts::Content::action;
  facts.phrase = static_cast<int>(&phrase_named("walking to the left carrying a box") - phrases().data());
  facts.scene = SceneKind::outdoor;
  facts.shirt = 0;      // red
  facts.trousers = 4;   // blue
  std::set<std::string> seen;
  Random random({1});
  for (int i = 0; i < 3000; ++i) seen.insert(caption_of(facts, random));
  for (const char* text : {"a photo of a person walking to the left carrying a box.", "a person walking carrying a box.",
                           "walking to the left.", "carrying a box.", "a person in a red shirt.", "a person in a park.",
                           "a person in a red shirt and blue trousers."}) {
    EXPECT_TRUE(seen.contains(text)) << text;
  }
  for (const std::string& text : seen) EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
}

TEST(MiniCaptions, EmptyScenesAndThingsHaveTheirOwn) {
  ImageFacts facts;
  Random random({1});
  facts.content = ImageFacts::Content::empty;
  facts.scene = SceneKind::court;
  EXPECT_NE(caption_of(facts, random).find("a sports hall"), std::string::npos);
  facts.content = ImageFacts::Content::prop;
  facts.prop = 0;
  EXPECT_NE(caption_of(facts, random).find("a ball"), std::string::npos);
}

TEST(MiniImages, ACloserLookMovesThePointsToo) {
  // The same picture whole and close: a joint lies at the same place of the frame.
  ImageMaker whole(3), close(3, "pretraining", 80);
  std::vector<std::uint8_t> planes(3 * kInputSize * kInputSize), closer(planes.size());
  for (std::uint64_t i = 0; i < 20; ++i) {
    const ImageFacts one = whole.make(i, planes), other = close.make(i, closer);
    if (!one.person) continue;
    // Distances between head and hip grow by the same factor in x and y: that of the short side, 64 to 80 pixels.
    const double before = one.joints[5] - one.joints[1], after = other.joints[5] - other.joints[1];
    if (std::abs(before) < .05) continue;  // lying
    const double factor = after / before;
    EXPECT_GE(factor, 1 - 1e-3);
    EXPECT_LE(factor, 80. / 64 + 1e-3);
    EXPECT_NEAR((other.joints[4] - other.joints[0]) - factor * (one.joints[4] - one.joints[0]), 0, 1e-4);
  }
}

TEST(MiniImages, AreCaptionedAndLabelledByAList) {
  const MiniImages images("demo", 1);
  EXPECT_EQ(images.labels().size(), 16U);
  const auto reader = images.reader(), again = images.reader();
  std::vector<std::uint8_t> pixels(3 * kInputSize * kInputSize), same(pixels.size());
  std::vector<float> points(22);
  int labelled = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const CaptionedImage one = reader->read(i, pixels, points), two = again->read(i, same, points);
    EXPECT_EQ(pixels, same);
    EXPECT_EQ(one.caption, two.caption);
    EXPECT_LT(one.label, 16);
    labelled += one.label >= 0 ? 1 : 0;
  }
  EXPECT_NEAR(labelled, 90, 15);  // 5 standard deviations
}

TEST(MiniCaptions, EveryWordOfTheirsIsInTheVocabulary) {
  std::set<std::string> words;
  const auto add_words = [](std::string text, std::set<std::string>& to) {
    for (char& c : text) c = c == '.' ? ' ' : c;
    std::istringstream in(text);
    for (std::string word; in >> word;) to.insert(word);
  };
  for (const std::string& text : caption_vocabulary()) add_words(text, words);
  const MiniImages images("pretraining", 2);
  const auto reader = images.reader();
  std::vector<std::uint8_t> pixels(3 * kInputSize * kInputSize);
  std::vector<float> points(22);
  std::set<std::string> used;
  for (std::uint64_t i = 0; i < 1000; ++i) add_words(reader->read(i, pixels, points).caption, used);
  for (const std::string& word : used) EXPECT_TRUE(words.contains(word)) << word;
}

TEST(MiniClips, AreDrawnForALoader) {
  MiniClipOptions options;
  options.list = "demo";
  options.clips = 3;
  const auto source = std::make_shared<MiniClips>(options);
  EXPECT_EQ(source->size(), 48U);
  EXPECT_EQ(source->labels().size(), 16U);
  Loader one(source, {.batch = 4, .workers = 1, .seed = 1});
  Loader two(source, {.batch = 4, .workers = 3, .seed = 1});
  one.begin(0);
  two.begin(0);
  const auto a = one.next(), b = two.next();
  EXPECT_EQ(a->shape, (std::array<std::int64_t, 5>{4, 4, 3, 64, 64}));
  EXPECT_EQ(a->images, b->images);
}

TEST(MiniClips, SetsOfOtherNamesAndNumbersDiffer) {
  std::vector<float> first(16 * 3 * 64 * 64);
  const auto images = [&](MiniClipOptions options) {
    options.list = "demo";
    options.stored = options.frames = 16;
    options.clips = 2;
    std::vector<float> values(16 * 3 * 64 * 64);
    Random random({1});
    MiniClips(options).reader()->read(0, random, values);
    return values;
  };
  MiniClipOptions test, later;
  test.set = "test";
  later.first_clip = 5;
  EXPECT_EQ(images({}), images({}));
  EXPECT_NE(images({}), images(test));
  EXPECT_NE(images({}), images(later));
  MiniClipOptions wrong;
  wrong.frames = 9;
  EXPECT_THROW(MiniClips{wrong}, Error);
}

TEST(MiniWorld, ClipsBecomeVideosAListAndLabels) {
  const TemporaryFolder folder;
  ClipFolderOptions options{.folder = folder.path(), .list = "temporal", .set = "few", .clips = 1};
  std::int64_t reported = 0;
  write_clips(options, [&](std::int64_t done, std::int64_t) { reported = std::max(reported, done); });
  EXPECT_EQ(reported, 8);
  const auto list = read_annotations(folder.path("few.txt"));
  ASSERT_EQ(list.size(), 8U);
  EXPECT_EQ(read_label_file(folder.path("temporal_labels.csv")).labels[0].name, "picking up a box");
  const auto read = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  };
  const std::string video = folder.path(list[3].path);
  EXPECT_GE(count_frames(video), 8);
  const std::string before = read(video);
  std::filesystem::remove(video);
  write_clips(options);  // goes on, and draws the same again
  EXPECT_TRUE(read(video) == before);
}

TEST(MiniWorld, TheSameSeedGivesTheSameFiles) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name) {
    write_clips({.folder = folder.path(name), .list = "finetune", .set = "some", .clips = 1, .frames = 4, .threads = 1});
    std::vector<std::string> files;
    for (const Annotation& clip : read_annotations(folder.path(name + "/some.txt"))) {
      std::ifstream file(folder.path(name + "/" + clip.path), std::ios::binary);
      files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return files;
  };
  const auto first = write("first"), second = write("second");
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(first[i] == second[i]) << "clip " << i;
  }
}

TEST(MiniWorld, FewFramesOfEachClipCanBeKept) {
  const TemporaryFolder folder;
  write_clips({.folder = folder.path(), .list = "temporal", .set = "few", .clips = 1, .frames = 5});
  for (const Annotation& clip : read_annotations(folder.path("few.txt"))) EXPECT_EQ(count_frames(folder.path(clip.path)), 5);
}

TEST(MiniWorld, ImagesHaveCaptions) {
  const TemporaryFolder folder;
  write_images({.folder = folder.path(), .count = 5});
  const auto captions = read_captions(folder.path("captions.tsv"));
  ASSERT_EQ(captions.size(), 5U);
  std::vector<std::string> paths;
  for (const Caption& caption : captions) paths.push_back(folder.path(caption.path));
  int seen = 0;
  read_pictures(paths, [&](std::size_t, const VideoFrame& frame) {
    EXPECT_EQ(frame.view.width, 64);
    ++seen;
  });
  EXPECT_EQ(seen, 5);
}

TEST(MiniWorld, ABroadcastHasATimelineOfItsLength) {
  const TemporaryFolder folder;
  write_broadcast({.folder = folder.path(), .name = "m", .actions = 2, .shortest_s = .4, .longest_s = .6, .width = 160, .height = 90});
  std::ifstream file(folder.path("m.timeline.json"));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_NE(text.find("\"frames\": " + std::to_string(count_frames(folder.path("m.mp4")))), std::string::npos) << text;
  EXPECT_NE(text.find("\"kind\": \"empty\""), std::string::npos);
}

}  // namespace
}  // namespace vifi::train::mini
