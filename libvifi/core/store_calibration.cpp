#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "vifi/bundle.h"
#include "vifi/calibration.h"
#include "vifi/error.h"

namespace vifi {

void store_calibration(const std::string& bundle, double temperature,
                       const std::vector<std::string>& background_labels) {
  namespace fs = std::filesystem;
  if (!is_bundle(bundle)) {
    throw Error(ErrorCode::unsupported, "[calibrate] " + bundle + " is no bundle",
                "make one of it: vifi convert " + bundle + " FOLDER");
  }
  const fs::path file = fs::is_directory(bundle) ? fs::path(bundle) / "vifi.json" : fs::path(bundle);
  read_bundle(file.string());  // refuses what is damaged
  auto json = nlohmann::ordered_json::parse(std::ifstream(file));
  json["temperature"] = std::round(temperature * 1e4) / 1e4;
  if (background_labels.empty()) {
    json.erase("background_labels");
  } else {
    json["background_labels"] = background_labels;
  }
  AtomicFile changed(file.string(), "calibrate");
  changed.write(json.dump(1) + "\n");
  changed.commit();
}

}  // namespace vifi
