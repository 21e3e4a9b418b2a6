#include "history/earlier_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const UtcTime kFoundAt = Utc("2020-05-02T12:00:00");

/// A look that found `paths`, all of them long before.
EarlierLook LookThatFound(const std::vector<std::string>& paths) {
  EarlierLook look{.found_at = kFoundAt};
  for (const std::string& path : paths) {
    look.files.Append({.path = path,
                       .creation_time = kFoundAt - std::chrono::hours{2},
                       .arrival_time = kFoundAt - std::chrono::hours{1}});
    look.is_ingested.push_back(true);
  }
  return look;
}

std::optional<std::vector<std::string>> NamesIn(const EarlierFiles& files, std::string_view folder) {
  const std::optional<std::vector<TransferRow>> rows = files.FilesOf(folder);
  if (!rows) return std::nullopt;
  std::vector<std::string> names;
  for (const TransferRow& row : *rows) names.emplace_back(row.path.substr(folder.size() + 1));
  return names;
}

TEST(EarlierFiles, GiveAllFilesOfAFolder) {
  const EarlierFiles files(LookThatFound({"night/a/1", "night/a/2", "night/b/1", "night/c"}));
  EXPECT_THAT(NamesIn(files, "night/a"), testing::Optional(ElementsAre("1", "2")));
  EXPECT_THAT(NamesIn(files, "night/b"), testing::Optional(ElementsAre("1")));
  EXPECT_THAT(NamesIn(files, "night"), testing::Optional(ElementsAre("c")));
  EXPECT_THAT(NamesIn(files, "night/c"), testing::Optional(IsEmpty()));
}

// The order is the database's, which puts names that are not UTF-8 last.
TEST(EarlierFiles, OfAFolderThatLieApartAreNotGiven) {
  const EarlierFiles files(LookThatFound({"night/a/1", "night/b/1", "night/a/\xFF"}));
  EXPECT_EQ(files.FilesOf("night/a"), std::nullopt);
  EXPECT_THAT(NamesIn(files, "night/b"), testing::Optional(ElementsAre("1")));
}

TEST(EarlierFiles, OfAFolderAreNotGivenWhereOneMayStillHaveBeenGrowing) {
  EarlierLook look = LookThatFound({"night/a/1", "night/b/1"});
  look.files.Append({.path = "night/b/2",
                     .creation_time = kFoundAt - std::chrono::hours{2},
                     .arrival_time = kFoundAt - std::chrono::minutes{5}});
  look.is_ingested.push_back(true);
  const EarlierFiles files(std::move(look));
  EXPECT_EQ(files.FilesOf("night/b"), std::nullopt);
  EXPECT_THAT(NamesIn(files, "night/a"), testing::Optional(ElementsAre("1")));
}

TEST(EarlierFiles, TellHowAFolderWasUnlessItHadJustChanged) {
  EarlierLook look = LookThatFound({});
  const UtcTime long_before = kFoundAt - std::chrono::hours{1};
  const FolderStamp old{
      .path = "/s/night/a", .exists = true, .modified = long_before, .changed = long_before};
  look.folders = {{.path = "/s/night/c",
                   .exists = true,
                   .modified = long_before,
                   .changed = kFoundAt - std::chrono::seconds{30}},  // its server's clock may lag behind
                  {.path = "/s/night/b"},
                  old};
  const EarlierFiles files(std::move(look));
  EXPECT_EQ(files.FindFolder("/s/night/a"), old);
  EXPECT_EQ(files.FindFolder("/s/night/b"), std::nullopt);  // it was not there
  EXPECT_EQ(files.FindFolder("/s/night/c"), std::nullopt);
  EXPECT_EQ(files.FindFolder("/s/night/d"), std::nullopt);
}

}  // namespace
}  // namespace obsmon
