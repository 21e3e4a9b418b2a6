// What is done with a registry that was given to a fuzz target.
#ifndef OBSMON_TESTS_FUZZ_READ_REGISTRY_H_
#define OBSMON_TESTS_FUZZ_READ_REGISTRY_H_

#include <chrono>
#include <filesystem>

#include "obsmon/registry.h"

namespace obsmon {

/// Opens the repository, and reads a night of it. Nobody writes it, so that nothing is waited for; and
/// threads for a dozen files would take longer than all else.
inline void ReadRegistry(const std::filesystem::path& repo) {
  static const Night night = Night::Parse("2020-05-01").value();
  const auto registry = Registry::Open(repo, {.busy_timeout = std::chrono::milliseconds{0},
                                              .copies_folder = "/dev/shm",
                                              .control = {.num_threads = 1}});
  if (registry.ok()) static_cast<void>((*registry)->ReadNight(night));
}

}  // namespace obsmon

#endif  // OBSMON_TESTS_FUZZ_READ_REGISTRY_H_
