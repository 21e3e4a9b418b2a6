// A file descriptor that is closed with its owner.
#ifndef OBSMON_SRC_FILES_DESCRIPTOR_H_
#define OBSMON_SRC_FILES_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace obsmon {

class Descriptor {
 public:
  /// Takes what open() and its like return; below 0 it is none.
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }
  /// Gives it away: the caller closes it.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_DESCRIPTOR_H_
