#include "vifi/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <typename Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "");
}

TEST(SplitLabels, CutsAtSemicolonsAndNewlines) {
  EXPECT_THAT(split_labels("walking;running\njumping"), ElementsAre("walking", "running", "jumping"));
}

TEST(SplitLabels, CutsBlanksAroundNamesAndKeepsThoseInside) {
  EXPECT_THAT(split_labels(" air drumming ;\tclapping\r\n"), ElementsAre("air drumming", "clapping"));
}

TEST(SplitLabels, KeepsCommas) {
  EXPECT_THAT(split_labels("Pushing something, it falls;x"), ElementsAre("Pushing something, it falls", "x"));
}

TEST(SplitLabels, ABackslashMakesASemicolonPartOfTheName) {
  EXPECT_THAT(split_labels(R"(wink \;);frown)"), ElementsAre("wink ;)", "frown"));
  EXPECT_THAT(split_labels(R"(a\b;c\)"), ElementsAre(R"(a\b)", R"(c\)"));
}

TEST(SplitLabels, BlankLinesAreNoLabels) {
  EXPECT_THAT(split_labels("\nwalking\n\n \nrunning\n"), ElementsAre("walking", "running"));
  EXPECT_THAT(split_labels(" \n"), IsEmpty());
}

TEST(SplitLabels, NamesTheEmptyLabel) {
  const Error error = error_of([] { split_labels("walking;;running"); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error.message(), R"([labels] label 2 of "walking;;running" is empty)");
  EXPECT_EQ(error.hint(), "separate labels by one ';' or a newline");
  EXPECT_THROW(split_labels("walking;"), Error);
  EXPECT_THROW(split_labels(";walking"), Error);
}

TEST(SplitLabels, NamesTheRepeatedLabel) {
  const Error error = error_of([] { split_labels("walking;running; walking"); });
  EXPECT_EQ(error.message(), R"([labels] label 3 is "walking", which label 1 is already)");
}

TEST(SplitLabels, RefusesTextThatIsNotUtf8) {
  EXPECT_THAT(error_of([] { split_labels("a;\xFF"); }).message(), HasSubstr("not UTF-8 at byte 2"));
}

TEST(SplitLabels, ALongTextIsCutInTheMessageBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "é";
  }
  const Error error = error_of([&] { split_labels(text + ";"); });
  EXPECT_THAT(error.message(), HasSubstr("é…\""));
  EXPECT_LT(error.message().size(), 200U);
}

TEST(LabelSet, NumbersNamesFromZeroAndBackgroundsAfterThem) {
  LabelSet set = make_label_set({"walking", "running"}, {"a {}"});
  set.labels[1].id = 7;
  set.add_backgrounds({"nothing"});
  EXPECT_THAT(set.labels,
              ElementsAre(Label{0, "walking", false}, Label{7, "running", false}, Label{8, "nothing", true}));
  EXPECT_THAT(set.templates, ElementsAre("a {}"));
  EXPECT_EQ(set.action_count(), 2U);
  set.validate();
}

TEST(LabelSet, NeedsAnAction) {
  LabelSet set;
  EXPECT_THROW(set.validate(), Error);
  set.add_backgrounds({"nothing"});
  EXPECT_THAT(error_of([&] { set.validate(); }).message(), HasSubstr("no action label"));
}

TEST(LabelSet, RefusesEmptyAndRepeatedNamesAlsoAmongBackgrounds) {
  EXPECT_THAT(error_of([] { make_label_set({"walking", " "}).validate(); }).message(), HasSubstr("label 2 of 2"));
  LabelSet set = make_label_set({"walking"});
  set.add_backgrounds({"walking"});
  EXPECT_THAT(error_of([&] { set.validate(); }).message(), HasSubstr("label 2 is \"walking\""));
}

TEST(LabelSet, RefusesAnActionAfterABackground) {
  LabelSet set = make_label_set({"nothing", "walking"});
  set.labels[0].background = true;
  EXPECT_THROW(set.validate(), Error);
}

TEST(LabelSet, RefusesATemplateWithoutAPlaceForTheName) {
  const Error error = error_of([] { make_label_set({"walking"}, {"a {}", "a photo"}).validate(); });
  EXPECT_EQ(error.message(), "[labels] prompt template \"a photo\" has no {}");
}

TEST(LabelSet, RefusesNamesAndTemplatesThatNoModelReads) {
  const std::string longest(4096, 'x');
  make_label_set({longest}, {"{}"}).validate();
  EXPECT_THAT(error_of([&] { make_label_set({longest + "x"}).validate(); }).message(), HasSubstr("4097 bytes"));
  EXPECT_THAT(error_of([&] { make_label_set({"a"}, {longest + "{}"}).validate(); }).message(), HasSubstr("4098 bytes"));
}

TEST(FillTemplate, PutsTheNameIntoEveryPlace) {
  EXPECT_EQ(fill_template("a photo of a {}.", "brush_hair"), "a photo of a brush_hair.");
  EXPECT_EQ(fill_template("{} and {}", "x"), "x and x");
  EXPECT_EQ(fill_template("nothing", "x"), "nothing");
}

TEST(FillTemplate, ANameIsNeverSearchedForPlaces) {
  EXPECT_EQ(fill_template("{}{}", "{}"), "{}{}");
}

}  // namespace
}  // namespace vifi
