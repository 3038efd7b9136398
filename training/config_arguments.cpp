#include "config_arguments.h"

namespace vifi::training {

void ConfigArguments::add_to(CLI::App& command) {
  const std::string group = "Configuration";
  command.add_option("-c,--config,--cfg", file_, "YAML file with the reference's keys")->required()->type_name("FILE")->group(group);
  command.add_option("--opts", opts_, "Keys and values that go over the file's, to the end of the line")
      ->type_name("KEY VALUE")
      ->expected(-1)
      ->group(group);
  command.add_option("--output", arguments_.output, "Folder of the run (OUTPUT)")->type_name("FOLDER")->group(group);
  command.add_option("--pretrained", arguments_.pretrained, "CLIP to start from, checkpoint or bundle (MODEL.PRETRAINED)")
      ->type_name("PATH")
      ->group(group);
  command.add_option("--weights", arguments_.resume, "Fine-tuned checkpoint, with the reference's rules (MODEL.RESUME)")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--batch-size,--batch_size", arguments_.batch_size, "Clips of a batch (TRAIN.BATCH_SIZE)")
      ->check(CLI::Range(1, 65536).description(""))
      ->group(group);
  command.add_option("--accumulation-steps,--accumulation_steps", arguments_.accumulation_steps, "Batches of an optimizer step")
      ->check(CLI::Range(1, 65536).description(""))
      ->group(group);
}

train::Config ConfigArguments::resolve() const { return train::resolve_config(file_, opts_, arguments_); }

}  // namespace vifi::training
