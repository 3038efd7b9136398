#include "config/defaults.h"

namespace vifi::train {

const nlohmann::json& default_config() {
  static const nlohmann::json kDefaults = nlohmann::json::parse(R"({
    "BASE": [""],
    "DATA": {"ROOT": "", "TRAIN_FILE": "", "VAL_FILE": "", "DATASET": "kinetics400", "INPUT_SIZE": 224,
             "NUM_FRAMES": 8, "NUM_CLASSES": 400, "LABEL_LIST": "labels/kinetics_400_labels.csv"},
    "MODEL": {"ARCH": "ViT-B/32", "DROP_PATH_RATE": 0.0, "PRETRAINED": null, "RESUME": null, "FIX_TEXT": true},
    "TRAINER": {"ViFi_CLIP": {"PROMPT_MODEL": false, "N_CTX_VISION": 0, "N_CTX_TEXT": 0, "CTX_INIT": "a photo of a",
                              "PROMPT_DEPTH_VISION": 0, "PROMPT_DEPTH_TEXT": 1, "USE": "both", "ZS_EVAL": false}},
    "TRAIN": {"EPOCHS": 30, "WARMUP_EPOCHS": 5, "WEIGHT_DECAY": 0.001, "LR": 8e-06, "BATCH_SIZE": 8,
              "ACCUMULATION_STEPS": 1, "LR_SCHEDULER": "cosine", "OPTIMIZER": "adamw", "OPT_LEVEL": "O1",
              "AUTO_RESUME": false, "USE_CHECKPOINT": false},
    "AUG": {"LABEL_SMOOTH": 0.1, "COLOR_JITTER": 0.8, "GRAY_SCALE": 0.2, "MIXUP": 0.8, "CUTMIX": 1.0,
            "MIXUP_SWITCH_PROB": 0.5},
    "TEST": {"NUM_CLIP": 1, "NUM_CROP": 1, "ONLY_TEST": false, "MULTI_VIEW_INFERENCE": false},
    "OUTPUT": "", "SAVE_FREQ": 1, "PRINT_FREQ": 50, "SEED": 1024
  })");
  return kDefaults;
}

const nlohmann::json& own_config() {
  static const nlohmann::json kOwn = nlohmann::json::parse(R"({
    "AUG": {"FLIP": 0.5, "RANDOM_CROP": true},
    "DATA": {"MODEL_PREPROCESS": false}
  })");
  return kOwn;
}

}  // namespace vifi::train
