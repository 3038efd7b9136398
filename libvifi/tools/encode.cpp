#include <iostream>
#include <nlohmann/json.hpp>
#include <span>

#include "commands.h"
#include "inputs.h"
#include "model_arguments.h"
#include "output.h"
#include "vifi/classify.h"
#include "vifi/error.h"

namespace vifi::tools {
namespace {

struct Arguments {
  ModelArguments model;
  std::vector<std::string> texts;
  std::vector<std::string> inputs;
  int frames = 0;
  double timeout_s = 10;
};

using Json = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, std::int64_t, std::uint64_t,
                                  float>;

void print(const char* kind, const std::string& source, const std::string& model, std::span<const float> embedding) {
  const Json json{{"schema", "vifi.embedding/1"}, {kind, source}, {"model", model},
                  {"embedding", std::vector(embedding.begin(), embedding.end())}};
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

void encode_texts(const std::vector<std::string>& texts, Model& model) {
  const auto size = static_cast<std::size_t>(model.info().embed_dim);
  for (const std::string& text : texts) {
    const auto bank = model.embed(make_label_set({text}, {"{}"}), {});
    print("text", text, model.info().name, bank->features().first(size));
  }
}

bool encode_videos(const Arguments& arguments, Model& model) {
  const ReaderOptions reading{.idle_timeout_ns = static_cast<std::int64_t>(arguments.timeout_s * 1e9)};
  bool all_good = true;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      report(error);
      all_good = false;
    }
  };
  for (const std::string& input : arguments.inputs) {
    std::vector<std::string> videos;
    attempt([&] { videos = videos_of(input); });
    for (const std::string& video : videos) {
      attempt([&] { print("video", video, model.info().name, embed_video(video, model, arguments.frames, reading)); });
    }
  }
  return all_good;
}

int encode(const Arguments& arguments) {
  if (arguments.texts.empty() && arguments.inputs.empty()) {
    std::cerr << "vifi: [encode] nothing to encode\n  hint: name videos, or give --text\n";
    return kUsage;
  }
  const std::shared_ptr<Model> model = load_model(arguments.model.options());
  encode_texts(arguments.texts, *model);
  return encode_videos(arguments, *model) ? kDone : kFailed;
}

}  // namespace

void add_encode(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("encode", "Embeddings of texts and whole videos, as JSON lines");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("INPUT", arguments->inputs, "Video files, folders of them, or addresses");
  command->add_option("--text", arguments->texts, "A text as it is, without a template; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  arguments->model.add_to(*command);
  command->add_option("--frames", arguments->frames, "Frames that stand for a video [the model's own]")
      ->check(within(1, 1024))
      ->type_name("N");
  command->add_option("--timeout", arguments->timeout_s, "Longest wait for a frame in seconds")
      ->check(within(0.01, 86400.0))
      ->type_name("S")
      ->capture_default_str();
  command->footer("Example:\n  vifi encode --text 'a photo of a cat.' kitchen.mp4 > embeddings.jsonl");
  command->callback([arguments, &action] { action = [arguments] { return encode(*arguments); }; });
}

}  // namespace vifi::tools
