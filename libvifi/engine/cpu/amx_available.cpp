#include "cpu/amx_available.h"

#include "cpu/avx512.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cstdlib>
#include <string_view>

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vifi {
namespace {

bool processor_has_tiles() {  // clang 14 knows no name of them
  constexpr unsigned kBf16 = 1U << 22, kTiles = 1U << 24;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & kBf16) != 0 && (edx & kTiles) != 0;
}

/// What limits oneDNN's products limits this too: `ONEDNN_MAX_CPU_ISA` names the most that may be used.
bool user_allows_tiles() {
  const char* most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string_view isa = most == nullptr ? "" : most;
  return isa.empty() || isa == "DEFAULT" || isa == "ALL" || isa.find("AMX") != std::string_view::npos;
}

bool system_allows_tiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool amx_available() {
  static const bool available = processor_has_tiles() && avx512::available_for_bf16() && user_allows_tiles() &&
                                system_allows_tiles();
  return available;
}

}  // namespace vifi

#else

namespace vifi {

bool amx_available() { return false; }

}  // namespace vifi

#endif
