#include "night_tree.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <system_error>

#include "support/synthetic_night.h"

namespace obsmon::bench {
namespace {

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "obsmon_bench: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "obsmon-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Fail("can't make a folder like " + name + "; set TMPDIR");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

const std::filesystem::path& InputOf(const NightSize& size) {
  static std::map<int, std::unique_ptr<TempFolder>> made;
  std::unique_ptr<TempFolder>& tree = made[size.files()];
  if (tree == nullptr) {
    tree = std::make_unique<TempFolder>();
    const auto counts =
        MakeSyntheticNight(tree->path(), kNight, {.exposures = size.exposures, .detectors = size.detectors});
    if (!counts.ok()) Fail(std::string(counts.status().message()));
  }
  return tree->path();
}

}  // namespace obsmon::bench
