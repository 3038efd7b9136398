#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "commands.h"
#include "output.h"
#include "vifi/fetch.h"
#include "vifi/model_cache.h"

namespace vifi::tools {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Arguments {
  FetchOptions options;
  bool list = false;
  bool json = false;
};

std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

/// How far the download is: a line that changes on a terminal, a line every ten seconds elsewhere.
class ProgressLine {
 public:
  ~ProgressLine() { clear(); }

  void show(std::uint64_t done, std::uint64_t total) {
    const Clock::time_point now = Clock::now();
    if (!first_) {
      first_ = now;
      first_bytes_ = done;
    }
    if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10))) return;
    shown_ = now;
    const std::string text = line(done, total, std::chrono::duration<double>(now - *first_).count());
    if (terminal_) {
      std::cerr << "\r\033[K" << text << std::flush;
      drawn_ = true;
    } else {
      std::cerr << text << '\n';
    }
  }

  void remark(std::string_view text) {
    clear();
    std::cerr << "vifi: " << text << '\n';
  }

 private:
  std::string line(std::uint64_t done, std::uint64_t total, double seconds) const {
    const double speed = seconds > 0.5 && done > first_bytes_ ? static_cast<double>(done - first_bytes_) / seconds : 0;
    std::string text = megabytes(done);
    if (total > 0) text += fmt::format(" of {}  {}", megabytes(total), percent(static_cast<double>(done) / static_cast<double>(total)));
    if (speed > 0) text += fmt::format("  {:.1f} MB/s", speed / 1e6);
    if (speed > 0 && total > done) text += fmt::format("  {:.0f} s left", static_cast<double>(total - done) / speed);
    return text;
  }

  void clear() {
    if (drawn_) std::cerr << "\r\033[K" << std::flush;
    drawn_ = false;
  }

  bool terminal_ = stderr_is_terminal();
  bool drawn_ = false;
  Clock::time_point shown_ = Clock::now();  // nothing is shown of what is done at once
  std::optional<Clock::time_point> first_;
  std::uint64_t first_bytes_ = 0;
};

bool is_there(const std::string& folder) {
  std::error_code ignored;
  return !folder.empty() && std::filesystem::exists(folder, ignored);
}

int list(bool json) {
  Json all = Json::array();
  Table table;
  for (const PublishedModel& model : published_models()) {
    const std::string folder = cached_model_path(model.name);
    const bool fetched = is_there(folder);
    all.push_back({{"name", model.name}, {"file", model.file}, {"sha256", model.sha256}, {"address", model.address},
                   {"runs", model.runs}, {"folder", fetched ? Json(folder) : Json()}});
    table.add({model.name, model.runs ? "" : "(ResNet: cannot be run)", fetched ? folder : "not fetched"});
  }
  std::cout << (json ? all.dump(2) + "\n" : table.text());
  return kDone;
}

int fetch(const Arguments& arguments) {
  if (arguments.list) return list(arguments.json);
  FetchedModel model;
  {
    ProgressLine line;
    model = fetch_model(arguments.options, {.progress = [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); },
                                            .remark = [&](std::string_view text) { line.remark(text); }});
  }
  if (arguments.json) {
    const Json json{{"folder", model.folder},   {"weights", model.weights},       {"sha256", model.sha256},
                    {"bytes", model.size},      {"downloaded", model.downloaded}, {"was_there", model.was_there}};
    std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return kDone;
  }
  std::cerr << fmt::format("vifi: {}, {}\n", megabytes(model.size),
                           model.was_there ? "there already and verified" : "fetched and verified");
  std::cout << model.folder << '\n';
  return kDone;
}

}  // namespace

void add_fetch(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("fetch", "Download a model, verify it and make a bundle of it");
  auto arguments = std::make_shared<Arguments>();
  FetchOptions& options = arguments->options;
  CLI::Option* source = command->add_option("MODEL", options.source, "A published model's name (--list), or an http or https address");
  CLI::Option* list = command->add_flag("--list", arguments->list, "Show the published models and which are there");
  command->add_option("--sha256", options.sha256, "The file's checksum; an address needs it")->type_name("SUM");
  CLI::Option* name = command->add_option("--name", options.name, "What --model will call it [the published name, or the file's]")
                          ->type_name("NAME");
  command->add_option("-o,--output", options.folder, "Folder that becomes the bundle, instead of one in the cache")
      ->type_name("DIR")
      ->excludes(name);
  command->add_option("--mirror", options.mirror, "Take published models from ADDRESS/SUM/FILE")->type_name("ADDRESS");
  command->add_option("--attempts", options.attempts, "Tries in a row that may bring nothing")
      ->check(within(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--retry-delay", options.retry_delay_s, "Seconds before the next try; doubles each time")
      ->check(within(0.0, 60.0))
      ->type_name("S")
      ->capture_default_str();
  command->add_option("--timeout", options.stall_timeout_s, "Longest wait for the next byte in seconds")
      ->check(within(0.1, 86400.0))
      ->type_name("S")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer(
      "Example:\n  vifi fetch ViT-B/16\n  vifi classify --model ViT-B/16 --labels 'playing a guitar;riding a bike' holiday.mp4\n"
      "Models lie in ~/.cache/vifi/models ($XDG_CACHE_HOME/vifi/models). Proxies: https_proxy, http_proxy, no_proxy.\n"
      "An interrupted download goes on where it ended when the same command runs again.");
  command->callback([arguments, source, list, &action] {
    if (source->count() == 0 && list->count() == 0) throw CLI::RequiredError("MODEL or --list");
    action = [arguments] { return fetch(*arguments); };
  });
}

}  // namespace vifi::tools
