// A file descriptor that is closed with its owner.
#ifndef OBSMON_SRC_FILES_DESCRIPTOR_H_
#define OBSMON_SRC_FILES_DESCRIPTOR_H_

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace obsmon {

class Descriptor {
 public:
  /// Takes what open() and its like return; below 0 it is none.
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  /// Returns 0, or the errno of what close() had to say: NFS tells of a full disk there.
  int Close() {
    const int fd = Release();
    // After EINTR the descriptor is gone on Linux; there is nothing to repeat.
    return fd >= 0 && close(fd) != 0 && errno != EINTR ? errno : 0;
  }
  /// Gives it away: the caller closes it.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_DESCRIPTOR_H_
