#include "data/splits.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "vifi/error.h"

namespace vifi::train {
namespace {

using List = std::vector<Annotation>;
using Ids = std::vector<int>;
using Counts = std::vector<std::int64_t>;

/// `counts[c]` videos of class c, named "c-i", class after class.
List videos(const Counts& counts) {
  List list;
  for (std::size_t label = 0; label < counts.size(); ++label) {
    for (std::int64_t i = 0; i < counts[label]; ++i) {
      list.push_back({std::to_string(label) + "-" + std::to_string(i), static_cast<int>(label)});
    }
  }
  return list;
}

TEST(Splits, CountsTheVideosOfEachClass) {
  EXPECT_EQ(class_counts(List{{"a", 2}, {"b", 0}, {"c", 2}}), (Counts{1, 0, 2}));
  EXPECT_EQ(class_counts(List{{"a", 0}}, 3), (Counts{1, 0, 0}));
  EXPECT_THROW(class_counts(List{{"a", 3}}, 3), Error);
}

TEST(Splits, FewShotGivesKOfEachClass) {
  const List list = few_shot(videos({10, 3, 5}), 4, 1);
  EXPECT_EQ(class_counts(list), (Counts{4, 3, 4}));
}

TEST(Splits, FewShotIsDecidedByTheSeed) {
  const List all = videos({50, 50});
  EXPECT_EQ(few_shot(all, 8, 1), few_shot(all, 8, 1));
  EXPECT_NE(few_shot(all, 8, 1), few_shot(all, 8, 2));
}

TEST(Splits, AClassGetsTheSameShotsWhateverTheOthersHold) {
  const auto of_class_1 = [](const List& list) { return only_classes(list, Ids{1}); };
  EXPECT_EQ(of_class_1(few_shot(videos({5, 50}), 4, 7)), of_class_1(few_shot(videos({60, 50, 9}), 4, 7)));
}

TEST(Splits, FewShotKeepsTheOrderOfTheList) {
  const List all = videos({30, 30});
  const List some = few_shot(all, 5, 3);
  std::size_t at = 0;
  for (const Annotation& item : all) {
    if (at < some.size() && some[at] == item) ++at;
  }
  EXPECT_EQ(at, some.size());
}

TEST(Splits, TheMoreFrequentHalfIsBase) {
  const BaseNovel split = split_base_novel(Counts{5, 9, 7, 1});
  EXPECT_EQ(split.base, (Ids{1, 2}));
  EXPECT_EQ(split.novel, (Ids{0, 3}));
}

TEST(Splits, TheBaseHalfIsTheLargerAndTiesGoToTheLowerId) {
  const BaseNovel split = split_base_novel(Counts{7, 7, 7});  // as HMDB-51: 26 and 25 of classes of 70
  EXPECT_EQ(split.base, (Ids{0, 1}));
  EXPECT_EQ(split.novel, (Ids{2}));
  EXPECT_THROW(split_base_novel(Counts{7}), Error);
}

TEST(Splits, ClassesAreNumberedAnew) {
  EXPECT_EQ(only_classes(List{{"a", 0}, {"b", 2}, {"c", 1}}, Ids{1, 2}), (List{{"b", 1}, {"c", 0}}));
  EXPECT_EQ(only_classes(make_label_set({"x", "y", "z"}), Ids{1, 2}), make_label_set({"y", "z"}));
  EXPECT_THROW(only_classes(make_label_set({"x"}), Ids{1}), Error);
}

TEST(Splits, HmdbsSwappedIdsAreMendedByTheFileNames) {
  LabelSet labels = make_label_set({"kick ball", "kick", "sword exercise", "sword", "draw sword"});
  List list{{"a_kick_f_cm_np1_fr_med_11.avi", 0},
            {"a_kick_ball_f_cm_np3_fr_med_0.avi", 1},
            {"kick__b_sword_exercise_f_cm_np2_ba_med_1.avi", 3},
            {"c_sword_u_cm_np1_fr_med_0.avi", 2},
            {"d_draw_sword_u_cm_np1_fr_med_1.avi", 4},
            {"e_kick_u_cm_np1_ri_med_9.avi", 1}};
  EXPECT_EQ(mend_hmdb(list, labels), 4U);
  EXPECT_EQ(list[0].label, 1);
  EXPECT_EQ(list[1].label, 0);
  EXPECT_EQ(list[2].label, 2);
  EXPECT_EQ(list[3].label, 3);
  EXPECT_EQ(list[4].label, 4);
  EXPECT_EQ(list[5].label, 1);
}

TEST(Splits, HmdbsPublishedListIsMendedWhereItIsSwapped) {
  const char* shared = std::getenv("VIFI_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "VIFI_SHARED is not set: there are no published lists";
  const std::filesystem::path data = std::filesystem::path(shared) / "data";
  List list = read_annotations(data / "splits/hmdb_val1.odd_names.txt");
  EXPECT_EQ(mend_hmdb(list, read_label_file(data / "labels/hmdb_51_labels.csv")), 6U);  // 3 kick, 2 kick ball, 1 sword
}

}  // namespace
}  // namespace vifi::train
