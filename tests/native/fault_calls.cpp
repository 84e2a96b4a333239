// Preloaded into a process, it counts the calls that change or open files below FAULT_ROOT, writes them down in FAULT_LOG, and
// at call FAULT_AT ends the process (FAULT_KIND=kill), ends it after half of a write (tear), or fails the call with an error number.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <mutex>
#include <string>

namespace {

constexpr int kMostFiles = 4096;
constexpr int kKill = -1, kTear = -2;

std::recursive_mutex gate;
bool ours[kMostFiles];
long count = 0, fault_at = 0;
int fault_kind = 0;
bool sticky = false;
std::string root;
int log_file = -1;

template <typename F>
F next(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

const char* setting(const char* name) { const char* text = getenv(name); return text ? text : ""; }

struct Setup {
  Setup() {
    root = setting("FAULT_ROOT");
    fault_at = atol(setting("FAULT_AT"));
    std::string kind = setting("FAULT_KIND");
    fault_kind = kind == "tear" ? kTear : kKill;
    if (*setting("FAULT_LOG")) log_file = next<int (*)(const char*, int, ...)>("open")(setting("FAULT_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0644);
  }
} setup;

bool below(const char* path) {
  return !root.empty() && path && strncmp(path, root.c_str(), root.size()) == 0 && (path[root.size()] == 0 || path[root.size()] == '/');
}

bool known(int fd) { return fd >= 0 && fd < kMostFiles && ours[fd]; }

void note(const std::string& line) {
  if (log_file < 0) return;
  std::string whole = line + "\n";
  ssize_t written = next<ssize_t (*)(int, const void*, size_t)>("write")(log_file, whole.data(), whole.size());
  if (written != static_cast<ssize_t>(whole.size())) abort();
}

std::string hex(const void* data, size_t length) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = static_cast<const unsigned char*>(data)[i];
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// true: the call has to fail with errno as it is set
bool fails(bool takes_room = true) {
  count++;
  bool now = fault_at > 0 && (count == fault_at || (sticky && count > fault_at && takes_room));
  if (!now) return false;
  if (fault_kind == kKill || fault_kind == kTear) _exit(86);
  errno = fault_kind;
  return true;
}

ssize_t write_at(int fd, const void* data, size_t length, off64_t offset, const char* name) {
  auto plain = next<ssize_t (*)(int, const void*, size_t)>("write");
  auto placed = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  auto real = [&](size_t part) { return offset < 0 ? plain(fd, data, part) : placed(fd, data, part, offset); };
  if (!known(fd)) return real(length);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fault_at > 0 && count + 1 == fault_at && fault_kind == kTear) {
    (void)!real(length / 2);
    _exit(86);
  }
  if (fails()) return -1;
  off64_t at = offset < 0 ? lseek64(fd, 0, SEEK_CUR) : offset;
  ssize_t written = real(length);
  if (written > 0) note(std::string(name) + "\t" + std::to_string(fd) + "\t" + std::to_string(at) + "\t" + hex(data, static_cast<size_t>(written)));
  return written;
}

int open_one(const char* path, int flags, mode_t mode) {
  auto real = next<int (*)(const char*, int, ...)>("open");
  if (!below(path)) return real(path, flags, mode);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fails(flags & O_CREAT)) return -1;
  struct stat before;
  bool was_there = stat(path, &before) == 0;
  int fd = real(path, flags, mode);
  if (fd >= 0 && fd < kMostFiles) {
    ours[fd] = true;
    note("open\t" + std::to_string(fd) + "\t" + (was_there ? "old" : "new") + "\t" + ((flags & O_TRUNC) ? "cut" : "as-is") + "\t" + path);
  }
  return fd;
}

int on_file(int fd, const char* name, bool takes_room, int (*real)(int)) {
  if (!known(fd)) return real(fd);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fails(takes_room)) return -1;
  int result = real(fd);
  if (result == 0) note(std::string(name) + "\t" + std::to_string(fd));
  return result;
}

int on_path(const char* path, const char* name, bool takes_room, int (*real)(const char*)) {
  if (!below(path)) return real(path);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fails(takes_room)) return -1;
  int result = real(path);
  if (result == 0) note(std::string(name) + "\t" + path);
  return result;
}

int cut(int fd, off64_t length) {
  auto real = next<int (*)(int, off64_t)>("ftruncate64");
  if (!known(fd)) return real(fd, length);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fails()) return -1;
  int result = real(fd, length);
  if (result == 0) note("cut\t" + std::to_string(fd) + "\t" + std::to_string(length));
  return result;
}

}  // namespace

extern "C" {

// counts anew, below another folder, and fails call `at` with an error number; with `from_then_on` every later call that needs room too
void fault_arm(const char* folder, long at, int error, int from_then_on) {
  std::lock_guard<std::recursive_mutex> held(gate);
  root = folder;
  count = 0;
  fault_at = at;
  fault_kind = error;
  sticky = from_then_on != 0;
}

long fault_count() { return count; }

void fault_note(const char* text) {
  std::lock_guard<std::recursive_mutex> held(gate);
  note(std::string("note\t") + text);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_one(path, flags, (flags & O_CREAT) ? mode : 0);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_one(path, flags, (flags & O_CREAT) ? mode : 0);
}

int close(int fd) {
  auto real = next<int (*)(int)>("close");
  if (!known(fd)) return real(fd);
  std::lock_guard<std::recursive_mutex> held(gate);
  bool failing = fails(false);
  int error = errno;
  ours[fd] = false;
  int result = real(fd);
  note("close\t" + std::to_string(fd));
  if (!failing) return result;
  errno = error;
  return -1;
}

ssize_t write(int fd, const void* data, size_t length) { return write_at(fd, data, length, -1, "write"); }
ssize_t pwrite(int fd, const void* data, size_t length, off_t offset) { return write_at(fd, data, length, offset, "write"); }
ssize_t pwrite64(int fd, const void* data, size_t length, off64_t offset) { return write_at(fd, data, length, offset, "write"); }

int fsync(int fd) { return on_file(fd, "fsync", false, next<int (*)(int)>("fsync")); }
int fdatasync(int fd) { return on_file(fd, "fsync", false, next<int (*)(int)>("fdatasync")); }
int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

int mkdir(const char* path, mode_t mode) {
  auto real = next<int (*)(const char*, mode_t)>("mkdir");
  if (!below(path)) return real(path, mode);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fails()) return -1;
  int result = real(path, mode);
  if (result == 0) note(std::string("mkdir\t") + path);
  return result;
}

int unlink(const char* path) { return on_path(path, "unlink", false, next<int (*)(const char*)>("unlink")); }
int rmdir(const char* path) { return on_path(path, "rmdir", false, next<int (*)(const char*)>("rmdir")); }

int rename(const char* from, const char* to) {
  auto real = next<int (*)(const char*, const char*)>("rename");
  if (!below(from)) return real(from, to);
  std::lock_guard<std::recursive_mutex> held(gate);
  if (fails()) return -1;
  int result = real(from, to);
  if (result == 0) note(std::string("rename\t") + from + "\t" + to);
  return result;
}

// calls that would change a file unseen: whoever uses one has to teach it to this library first
int link(const char* from, const char* to) {
  if (below(to)) abort();
  return next<int (*)(const char*, const char*)>("link")(from, to);
}

ssize_t pwritev(int fd, const struct iovec* parts, int number, off_t offset) {
  if (known(fd)) abort();
  return next<ssize_t (*)(int, const struct iovec*, int, off_t)>("pwritev")(fd, parts, number, offset);
}

}  // extern "C"
