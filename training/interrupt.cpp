#include "interrupt.h"

#include <csignal>

namespace vifi::training {
namespace {

volatile std::sig_atomic_t received = 0;

void note(int) { received = 1; }

}  // namespace

void listen_for_signals() {
  struct sigaction once {};
  once.sa_handler = note;
  once.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&once.sa_mask);
  sigaction(SIGTERM, &once, nullptr);
  sigaction(SIGINT, &once, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return received != 0; }

}  // namespace vifi::training
