#include "weights/checkpoint.h"

#include "weights/mapped_file.h"
#include "weights/safetensors.h"

namespace vifi {

Checkpoint read_checkpoint(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.path = path;
  checkpoint.container = "safetensors";
  checkpoint.tensors = read_safetensors(MappedFile::open(path));
  return checkpoint;
}

}  // namespace vifi
