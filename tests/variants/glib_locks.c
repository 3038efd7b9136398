/* Tells ThreadSanitizer of GLib's mutexes and conditions. GLib makes them of futexes, and is not instrumented itself,
 * so that what they order would be reported as races. Preloaded by sanitize.sh; does nothing in a program without TSan.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

__attribute__((weak)) void __tsan_acquire(void* address);
__attribute__((weak)) void __tsan_release(void* address);

#define NEXT(name, type)        \
  static __typeof__(type) next; \
  if (next == NULL) next = (__typeof__(type))dlsym(RTLD_NEXT, name)

static void acquire(void* address) {
  if (__tsan_acquire != NULL) __tsan_acquire(address);
}

static void release(void* address) {
  if (__tsan_release != NULL) __tsan_release(address);
}

void g_mutex_lock(void* mutex) {
  NEXT("g_mutex_lock", void (*)(void*));
  next(mutex);
  acquire(mutex);
}

int g_mutex_trylock(void* mutex) {
  NEXT("g_mutex_trylock", int (*)(void*));
  const int locked = next(mutex);
  if (locked) acquire(mutex);
  return locked;
}

void g_mutex_unlock(void* mutex) {
  NEXT("g_mutex_unlock", void (*)(void*));
  release(mutex);
  next(mutex);
}

void g_cond_wait(void* condition, void* mutex) {
  NEXT("g_cond_wait", void (*)(void*, void*));
  release(mutex);
  next(condition, mutex);
  acquire(mutex);
}

int g_cond_wait_until(void* condition, void* mutex, long long end_time) {
  NEXT("g_cond_wait_until", int (*)(void*, void*, long long));
  release(mutex);
  const int signalled = next(condition, mutex, end_time);
  acquire(mutex);
  return signalled;
}
