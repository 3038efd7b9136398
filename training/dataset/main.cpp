// vifi-dataset: makes, checks and lists data sets for training. `vifi dataset …` executes it. Needs no libtorch.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "data/annotations.h"
#include "data/check.h"
#include "data/splits.h"
#include "vifi/error.h"
#if VIFI_HAVE_MINI
#include "mini/world.h"
#endif

namespace {

namespace fs = std::filesystem;
using namespace vifi;
using namespace vifi::train;
using Json = nlohmann::ordered_json;

enum ExitStatus { kDone = 0, kFailed = 1, kUsage = 2 };
using Action = std::function<int()>;

/// A line that is written over on a terminal; nothing elsewhere.
void show_progress(const char* what, std::int64_t done, std::int64_t total) {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  if (!terminal || (done % 16 != 0 && done != total)) return;
  std::cerr << fmt::format("\r{} {} of {}{}", what, done, total, done == total ? "\n" : "") << std::flush;
}

void print(const Json& json) { std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n'; }

std::string name_of_label(const std::optional<LabelSet>& labels, std::size_t id) {
  if (!labels) return {};
  for (const Label& label : labels->labels) {
    if (label.id == static_cast<int>(id)) return label.name;
  }
  return {};
}

std::optional<LabelSet> labels_from(const std::string& file) {
  return file.empty() ? std::nullopt : std::optional(read_label_file(file));
}

// list

struct ListArguments {
  std::string list, labels;
  bool json = false;
};

int list(const ListArguments& arguments) {
  const auto annotations = read_annotations(arguments.list);
  const auto labels = labels_from(arguments.labels);
  const auto counts = class_counts(annotations, labels ? labels->labels.size() : 0);
  if (arguments.json) {
    Json classes = Json::array();
    for (std::size_t id = 0; id < counts.size(); ++id) {
      classes.push_back({{"id", id}, {"name", name_of_label(labels, id)}, {"videos", counts[id]}});
    }
    print({{"list", arguments.list}, {"videos", annotations.size()}, {"classes", classes}});
    return kDone;
  }
  for (std::size_t id = 0; id < counts.size(); ++id) {
    std::cout << fmt::format("{:5} {:7}  {}\n", id, counts[id], name_of_label(labels, id));
  }
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  std::cout << fmt::format("{} videos of {} classes, {} to {} each\n", annotations.size(), counts.size(), *least, *most);
  return kDone;
}

void add_list(CLI::App& program, Action& action) {
  auto arguments = std::make_shared<ListArguments>();
  CLI::App* command = program.add_subcommand("list", "Count the videos of each class");
  command->add_option("LIST", arguments->list, "Annotation list: `path label` a line")->required();
  command->add_option("--labels", arguments->labels, "Label file, for names")->type_name("FILE");
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer("Example:\n  vifi dataset list val1.txt --labels hmdb_51_labels.csv");
  command->callback([arguments, &action] { action = [arguments] { return list(*arguments); }; });
}

// check

struct CheckArguments {
  std::string list, root, labels, other;
  CheckOptions options;
  bool files_only = false;
  bool json = false;
};

const char* name_of(VideoFault fault) {
  switch (fault) {
    case VideoFault::missing: return "missing";
    case VideoFault::broken: return "broken";
    case VideoFault::too_short: return "short";
    case VideoFault::none: break;
  }
  return "sound";
}

int check(CheckArguments arguments) {
  const auto annotations = read_annotations(arguments.list);
  const auto labels = labels_from(arguments.labels);
  arguments.options.decode = !arguments.files_only;
  arguments.options.progress = [](std::int64_t done, std::int64_t total) { show_progress("checked", done, total); };
  const DataReport report = check_data(annotations, MediaRoot(arguments.root), labels ? &*labels : nullptr, arguments.options);

  std::vector<std::string> shared;
  if (!arguments.other.empty()) {
    std::set<std::string> paths;
    for (const Annotation& annotation : annotations) paths.insert(annotation.path);
    for (const Annotation& annotation : read_annotations(arguments.other)) {
      if (paths.contains(annotation.path)) shared.push_back(annotation.path);
    }
  }
  const bool sound = report.is_sound() && shared.empty();
  if (arguments.json) {
    Json faults = Json::array();
    for (const CheckedVideo& video : report.videos) {
      if (video.fault == VideoFault::none) continue;
      faults.push_back({{"path", video.path}, {"label", video.label}, {"fault", name_of(video.fault)}, {"frames", video.frames},
                        {"what", video.what}});
    }
    print({{"list", arguments.list}, {"sound", sound}, {"videos", report.videos.size()},
           {"missing", report.count(VideoFault::missing)}, {"broken", report.count(VideoFault::broken)},
           {"short", report.count(VideoFault::too_short)}, {"faults", faults}, {"class_counts", report.classes},
           {"empty_classes", report.empty_classes}, {"repeated", report.repeated}, {"also_in_other_list", shared}});
    return sound ? kDone : kFailed;
  }
  for (const CheckedVideo& video : report.videos) {
    if (video.fault == VideoFault::none) continue;
    std::cout << fmt::format("{:8} {}{}\n", name_of(video.fault), video.path,
                             video.fault == VideoFault::too_short ? fmt::format(": {} frames", video.frames) : ": " + video.what);
  }
  for (const std::string& path : report.repeated) std::cout << "repeated " << path << '\n';
  for (const std::string& path : shared) std::cout << "in both  " << path << '\n';
  for (const int label : report.empty_classes) {
    std::cout << fmt::format("empty    class {} {}\n", label, name_of_label(labels, static_cast<std::size_t>(label)));
  }
  std::cout << fmt::format("{} videos of {} classes: {} missing, {} broken, {} shorter than {} frames\n", report.videos.size(),
                           report.classes.size(), report.count(VideoFault::missing), report.count(VideoFault::broken),
                           report.count(VideoFault::too_short), arguments.options.frames);
  return sound ? kDone : kFailed;
}

void add_check(CLI::App& program, Action& action) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = program.add_subcommand("check", "Find missing, broken, short and repeated videos");
  command->add_option("LIST", arguments->list, "Annotation list")->required();
  command->add_option("--root", arguments->root, "Folder or tar archive of the videos (DATA.ROOT)")->type_name("PATH");
  command->add_option("--labels", arguments->labels, "Label file: finds classes without videos")->type_name("FILE");
  command->add_option("--not-in", arguments->other, "Another list, which may share no video with this one")->type_name("LIST");
  command->add_option("--frames", arguments->options.frames, "Videos with fewer are short")->check(CLI::PositiveNumber.description(""))
      ->capture_default_str();
  command->add_option("--threads", arguments->options.threads, "Videos looked at at once")->check(CLI::Range(1, 256).description(""))
      ->capture_default_str();
  command->add_option("--index", arguments->options.index_folder, "Keep what is learned of the videos, for training")->type_name("FOLDER");
  command->add_flag("--files-only", arguments->files_only, "Don't decode");
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer("The exit status is 1 if anything but short videos was found.\n"
                  "Example:\n  vifi dataset check val.txt --root /data/k400 --labels kinetics_400_labels.csv");
  command->callback([arguments, &action] { action = [arguments] { return check(*arguments); }; });
}

// few-shot, split, mend-hmdb

struct SplitArguments {
  std::string train, val, labels, output;
  int shots = 16;
  std::uint64_t seed = 1;
  int seeds = 3;
};

int few_shot_list(const SplitArguments& arguments) {
  const auto chosen = few_shot(read_annotations(arguments.train), arguments.shots, arguments.seed);
  write_annotations(arguments.output, chosen);
  std::int64_t short_of = 0;
  for (const std::int64_t count : class_counts(chosen)) short_of += count > 0 && count < arguments.shots ? 1 : 0;
  if (short_of > 0) std::cerr << fmt::format("vifi-dataset: {} classes have fewer than {} videos\n", short_of, arguments.shots);
  std::cout << fmt::format("{}: {} videos\n", arguments.output, chosen.size());
  return kDone;
}

void add_few_shot(CLI::App& program, Action& action) {
  auto arguments = std::make_shared<SplitArguments>();
  CLI::App* command = program.add_subcommand("few-shot", "Draw K videos of each class");
  command->add_option("LIST", arguments->train, "Annotation list")->required();
  command->add_option("--shots", arguments->shots, "K")->check(CLI::PositiveNumber.description(""))->capture_default_str();
  command->add_option("--seed", arguments->seed, "Decides which")->capture_default_str();
  command->add_option("--output", arguments->output, "The new list")->required()->type_name("FILE");
  command->footer("Example:\n  vifi dataset few-shot train1.txt --shots 4 --output train1_few_shot_4.txt");
  command->callback([arguments, &action] { action = [arguments] { return few_shot_list(*arguments); }; });
}

int split(const SplitArguments& arguments) {
  const auto train = read_annotations(arguments.train);
  const auto val = read_annotations(arguments.val);
  const LabelSet labels = read_label_file(arguments.labels);
  const BaseNovel classes = split_base_novel(class_counts(train, labels.labels.size()));
  std::error_code error;
  fs::create_directories(arguments.output, error);
  const auto out = [&](const std::string& name) { return (fs::path(arguments.output) / name).string(); };
  const auto base = only_classes(train, classes.base);
  write_label_file(out("base_labels.csv"), only_classes(labels, classes.base));
  write_label_file(out("novel_labels.csv"), only_classes(labels, classes.novel));
  write_annotations(out("base_train.txt"), base);
  write_annotations(out("base_val.txt"), only_classes(val, classes.base));
  write_annotations(out("novel_val.txt"), only_classes(val, classes.novel));
  for (int i = 1; i <= arguments.seeds; ++i) {
    write_annotations(out(fmt::format("fs_base_s{}_train.txt", i)), few_shot(base, arguments.shots, static_cast<std::uint64_t>(i)));
  }
  std::cout << fmt::format("{}: {} base and {} novel classes\n", arguments.output, classes.base.size(), classes.novel.size());
  return kDone;
}

void add_split(CLI::App& program, Action& action) {
  auto arguments = std::make_shared<SplitArguments>();
  CLI::App* command = program.add_subcommand("split", "Split a data set into base and novel classes");
  command->add_option("--train", arguments->train, "Training list: its more frequent half of classes is base")->required()->type_name("LIST");
  command->add_option("--val", arguments->val, "Validation list")->required()->type_name("LIST");
  command->add_option("--labels", arguments->labels, "Label file")->required()->type_name("FILE");
  command->add_option("--output", arguments->output, "Gets lists and label files")->required()->type_name("FOLDER");
  command->add_option("--shots", arguments->shots, "Videos of each base class to train on")->check(CLI::PositiveNumber.description(""))
      ->capture_default_str();
  command->add_option("--seeds", arguments->seeds, "So many draws of them")->check(CLI::Range(0, 100).description(""))->capture_default_str();
  command->footer("Example:\n  vifi dataset split --train train.txt --val val1.txt --labels hmdb_51_labels.csv --output base2novel/hmdb");
  command->callback([arguments, &action] { action = [arguments] { return split(*arguments); }; });
}

int mend(const SplitArguments& arguments) {
  auto annotations = read_annotations(arguments.train);
  const std::size_t changed = mend_hmdb(annotations, read_label_file(arguments.labels));
  write_annotations(arguments.output, annotations);
  std::cout << fmt::format("{}: {} of {} labels changed\n", arguments.output, changed, annotations.size());
  return kDone;
}

void add_mend(CLI::App& program, Action& action) {
  auto arguments = std::make_shared<SplitArguments>();
  CLI::App* command = program.add_subcommand("mend-hmdb", "Undo the swapped ids of HMDB-51's published lists (kick, sword)");
  command->add_option("LIST", arguments->train, "A published list")->required();
  command->add_option("--labels", arguments->labels, "HMDB-51's label file, or its base or novel part")->required()->type_name("FILE");
  command->add_option("--output", arguments->output, "The mended list")->required()->type_name("FILE");
  command->callback([arguments, &action] { action = [arguments] { return mend(*arguments); }; });
}

// mini

#if VIFI_HAVE_MINI
struct MiniArguments {
  std::string folder, list = "demo", set, sheet;
  std::uint64_t seed = 1;
  int clips = 4, frames = 0, broadcasts = 0, threads = 2, width = 96, height = 72;
  std::int64_t images = 0;
};

int mini_world(const MiniArguments& arguments) {
  const auto progress = [](const char* what) {
    return [what](std::int64_t done, std::int64_t total) { show_progress(what, done, total); };
  };
  if (arguments.clips > 0) {
    const std::string set = arguments.set.empty() ? arguments.list : arguments.set;
    mini::write_clips({.folder = arguments.folder, .list = arguments.list, .set = set, .seed = arguments.seed,
                       .clips = arguments.clips, .frames = arguments.frames, .width = arguments.width, .height = arguments.height, .threads = arguments.threads},
                      progress("clips"));
    std::cout << fmt::format("{0}/{1}.txt: {2} clips of each phrase of {3}; names in {3}_labels.csv\n", arguments.folder, set,
                             arguments.clips, arguments.list);
  }
  if (arguments.images > 0) {
    mini::write_images({.folder = arguments.folder, .seed = arguments.seed, .count = arguments.images, .threads = arguments.threads},
                       progress("images"));
    std::cout << fmt::format("{}/captions.tsv: {} pictures\n", arguments.folder, arguments.images);
  }
  for (int i = 1; i <= arguments.broadcasts; ++i) {
    const std::string name = fmt::format("match{}", i);
    mini::write_broadcast({.folder = arguments.folder + "/broadcasts", .name = name, .seed = arguments.seed});
    std::cout << fmt::format("{}/broadcasts/{}.mp4\n", arguments.folder, name);
  }
  if (!arguments.sheet.empty()) {
    mini::write_sheet(arguments.sheet, arguments.list, arguments.seed, 8, 240, 180);
    std::cout << arguments.sheet << '\n';
  }
  return kDone;
}

void add_mini(CLI::App& program, Action& action) {
  auto arguments = std::make_shared<MiniArguments>();
  CLI::App* command = program.add_subcommand("mini", "Draw the miniature world: clips, captioned pictures, broadcasts");
  command->add_option("FOLDER", arguments->folder, "Gets the files; clips that are there are kept")->required();
  command->add_option("--list", arguments->list, "Phrases: base, temporal, novel, zero_shot, aux, finetune, pretraining, demo, all")
      ->capture_default_str();
  command->add_option("--set", arguments->set, "Name of the clips' set; other sets hold other clips [the list's name]")->type_name("NAME");
  command->add_option("--clips", arguments->clips, "Of each phrase; 0: none")->check(CLI::Range(0, 100'000).description(""))->capture_default_str();
  command->add_option("--frames", arguments->frames, "Kept of each clip, evenly spread [all]")->check(CLI::Range(1, 10'000).description(""));
  command->add_option("--images", arguments->images, "Captioned pictures")->check(CLI::Range(0, 10'000'000).description(""));
  command->add_option("--broadcasts", arguments->broadcasts, "Edited programmes with a timeline")->check(CLI::Range(0, 1000).description(""));
  command->add_option("--sheet", arguments->sheet, "One picture of each phrase, as a PNG to look at")->type_name("FILE");
  command->add_option("--width", arguments->width, "Of clips, pixels")->check(CLI::Range(16, 8192).description(""))->capture_default_str();
  command->add_option("--height", arguments->height)->check(CLI::Range(16, 8192).description(""))->capture_default_str();
  command->add_option("--seed", arguments->seed, "Decides everything that is drawn by chance")->capture_default_str();
  command->add_option("--threads", arguments->threads, "Files drawn at once")->check(CLI::Range(1, 256).description(""))->capture_default_str();
  command->footer("Example:\n  vifi dataset mini world --list base --set train --clips 16");
  command->callback([arguments, &action] { action = [arguments] { return mini_world(*arguments); }; });
}
#endif

int run(int argc, char** argv) {
  CLI::App program{"Makes, checks and lists data sets for training.", "vifi dataset"};
  program.require_subcommand(1);
  Action action;
  add_list(program, action);
  add_check(program, action);
  add_few_shot(program, action);
  add_split(program, action);
  add_mend(program, action);
#if VIFI_HAVE_MINI
  add_mini(program, action);
#endif
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kUsage;
  }
  const int status = action();
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "vifi-dataset: [output] the results could not be written\n  hint: is the disk full?\n";
    return kFailed;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const vifi::Error& error) {
    std::cerr << "vifi-dataset: " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "vifi-dataset: " << error.what() << '\n';
  }
  return kFailed;
}
