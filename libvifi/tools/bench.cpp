#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "model_arguments.h"
#include "output.h"
#include "vifi/engine.h"

namespace vifi::tools {
namespace {

struct Arguments {
  ModelArguments model;
  BenchOptions options;
  bool default_model = false;
  bool json = false;
};

const char* name_of(CpuKernels kernels) { return kernels == CpuKernels::packed ? "packed" : "plain"; }

std::string rate(double gflops) {
  return gflops < 10 ? fmt::format("{:.2f} GFLOP/s", gflops) : fmt::format("{:.0f} GFLOP/s", gflops);
}

void print(const BenchReport& report) {
  Table table;
  table.add({"device", report.device + " in " + std::string(vifi::name_of(report.precision))});
  if (report.device == "cpu") {
    table.add({"threads", std::to_string(report.threads)});
    table.add({"products", name_of(report.cpu_kernels)});
  }
  table.add({"batch", std::to_string(report.batch)});
  table.add({"frames", fmt::format("{:.2f} a second", report.frames_per_second)});
  table.add({"image tower", rate(report.model_gflops)});
  table.add({"best product", rate(report.ceiling_gflops)});
  if (report.own_product_gflops != 0) table.add({"own product", rate(report.own_product_gflops)});
  table.add({"share", percent(report.ratio) + (report.ratio > 1 ? ": other programs disturbed, measure longer" : "")});
  if (report.cosine != 0) table.add({"cosine", fmt::format("{:.6f} to fp32, the least of the images", report.cosine)});
  std::cout << table.text();
}

void print_json(const BenchReport& report) {
  nlohmann::ordered_json json{{"device", report.device},
                                    {"precision", std::string(vifi::name_of(report.precision))},
                                    {"cpu_kernels", name_of(report.cpu_kernels)},
                                    {"threads", report.threads},
                                    {"batch", report.batch},
                                    {"frames_per_second", report.frames_per_second},
                                    {"model_gflops", report.model_gflops},
                                    {"ceiling_gflops", report.ceiling_gflops},
                                    {"ratio", report.ratio}};
  if (report.own_product_gflops != 0) json["own_product_gflops"] = report.own_product_gflops;
  if (report.cosine != 0) json["cosine"] = report.cosine;
  std::cout << json.dump() << '\n';
}

int bench(Arguments& arguments) {
  arguments.options.model = arguments.model.options();
  if (arguments.default_model) arguments.options.model.path = default_model_path();
  const BenchReport report = engine().bench(arguments.options);
  arguments.json ? print_json(report) : print(report);
  return kDone;
}

}  // namespace

void add_bench(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("bench", "Measure the encoder against the machine's best product");
  auto arguments = std::make_shared<Arguments>();
  arguments->model.add_to(*command);
  command->add_option("--architecture", arguments->options.architecture, "Random weights of this shape, without --model")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_flag("--default-model", arguments->default_model, "Measure the installed default model");
  command->add_option("--batch", arguments->options.batch, "Frames in one pass")
      ->check(within(1, 4096))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--seconds", arguments->options.seconds, "Measuring time of each number")
      ->check(within(0.01, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer("Example:\n  vifi bench --architecture ViT-B/16 --precision bf16 --batch 8");
  command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace vifi::tools
