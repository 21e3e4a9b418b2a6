#include "registry/butler_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testing::StartsWith;

ButlerConfig Read(const TempTree& tree, std::string_view yaml) {
  absl::StatusOr<ButlerConfig> config = ReadButlerConfig(tree.Text("repo/butler.yaml", yaml));
  EXPECT_THAT(config, IsOk());
  return config.ok() ? *std::move(config) : ButlerConfig();
}

TEST(ButlerConfig, HasTheButlersDefaults) {
  const TempTree tree;
  const ButlerConfig config = Read(tree, "datastore: {}\n");
  EXPECT_EQ(config.database_url, "sqlite:///" + (tree / "repo").string() + "/gen3.sqlite3");
  EXPECT_EQ(config.Dialect(), "sqlite");
  EXPECT_EQ(SqliteFileOf(config).value(), tree / "repo/gen3.sqlite3");
  ASSERT_EQ(config.datastores.size(), 1U);
  EXPECT_EQ(config.datastores[0].root, (tree / "repo/datastore").string());
  EXPECT_EQ(config.datastores[0].name, "FileDatastore@<butlerRoot>/datastore");
  EXPECT_EQ(config.datastores[0].records_table, "file_datastore_records");
}

TEST(ButlerConfig, PutsItsRootWhereTheTagIs) {
  const TempTree tree;
  const ButlerConfig config = Read(tree,
                                   "root: /elsewhere\nregistry: {db: 'sqlite:///<butlerRoot>/r.sqlite3'}\n"
                                   "datastore: {root: <butlerRoot>}\n");
  EXPECT_EQ(SqliteFileOf(config).value(), "/elsewhere/r.sqlite3");
  EXPECT_EQ(config.datastores[0].root, "/elsewhere");
  EXPECT_EQ(config.datastores[0].name, "FileDatastore@<butlerRoot>");
}

TEST(ButlerConfig, KnowsOldDatastoresByTheirTables) {
  const TempTree tree;
  const ButlerConfig config =
      Read(tree,
           "datastore: {cls: lsst.daf.butler.datastores.posixDatastore.PosixDatastore, root: "
           "'file:///d/a%20b/'}\n");
  EXPECT_EQ(config.datastores[0].records_table, "posix_datastore_records");
  EXPECT_EQ(config.datastores[0].root, "/d/a b");
}

TEST(ButlerConfig, MayRepeatAComponentInItself) {
  const TempTree tree;
  const ButlerConfig config =
      Read(tree, "datastore: {datastore: {root: /d}}\nregistry: {registry: {db: 'sqlite:////r.sqlite3'}}\n");
  EXPECT_EQ(config.datastores[0].root, "/d");
  EXPECT_EQ(SqliteFileOf(config).value(), "/r.sqlite3");
}

TEST(ButlerConfig, TakesTheLaterOfTwoValuesOfAKeyAsTheButlerDoes) {
  const TempTree tree;
  const ButlerConfig config = Read(tree,
                                   "datastore: {root: /old/disk}\n"
                                   "datastore: {root: /older, root: /new}\n"
                                   "registry: {db: 'sqlite:////new.sqlite3'}\n"
                                   "registry:\n");
  EXPECT_EQ(config.datastores[0].root, "/new");
  EXPECT_EQ(config.database_url, "sqlite:///" + (tree / "repo").string() + "/gen3.sqlite3");
  EXPECT_EQ(
      FindButlerConfigOfLabel("lab", {.repositories = "lab: /nowhere\nlab: " + (tree / "repo").string()})
          .value(),
      tree / "repo/butler.yaml");
}

TEST(ButlerConfig, MayHaveADollarSignInAFoldersNameWhereAUriSaysSo) {
  const TempTree tree;
  EXPECT_EQ(Read(tree, "datastore: {root: 'file:///data/~/$5'}\n").datastores[0].root, "/data/~/$5");
}

TEST(ButlerConfig, TakesInOtherFiles) {
  const TempTree tree;
  tree.Text("repo/parts/store.yaml", "root: /d\nrecords: !include table.yaml\n");
  tree.Text("repo/parts/table.yaml", "table: records_d\n");
  tree.Text("repo/base.yaml", "registry: {db: 'sqlite:////base.sqlite3', namespace: n}\n");
  const ButlerConfig config = Read(tree,
                                   "includeConfigs: [base.yaml]\ndatastore: !include "
                                   "parts/store.yaml\nregistry: {db: 'sqlite:////r.db'}\n");
  EXPECT_EQ(config.datastores[0].root, "/d");
  EXPECT_EQ(config.datastores[0].records_table, "records_d");
  EXPECT_EQ(config.database_url, "sqlite:////r.db");
  EXPECT_EQ(config.database_namespace, "n");
}

TEST(ButlerConfig, OfSeveralFilesThatItTakesInTheLaterCountsMoreAndItItselfMost) {
  const TempTree tree;
  tree.Text("repo/a.yaml", "registry: {db: 'sqlite:////a.db', namespace: a, host: a}\n");
  tree.Text("repo/b.yaml", "registry: {db: 'sqlite:////b.db', namespace: b}\n");
  const ButlerConfig config =
      Read(tree, "includeConfigs: [a.yaml, b.yaml]\nregistry: {db: 'sqlite:////own.db'}\n");
  EXPECT_EQ(config.database_url, "sqlite:////own.db");
  EXPECT_EQ(config.database_namespace, "b");
  EXPECT_EQ(config.host, "a");
}

TEST(ButlerConfig, LooksForWhatItTakesInFromTheWorkingFolderFirst) {
  const TempTree tree;
  const std::string here =
      std::filesystem::relative(tree.Text("elsewhere/part.yaml", "registry: {namespace: n}\n")).string();
  EXPECT_EQ(Read(tree, "includeConfigs: " + here + "\n").database_namespace, "n");
  const std::string uri = "file://" + (tree / "elsewhere/part.yaml").string();
  EXPECT_EQ(Read(tree, "includeConfigs: " + uri + "\n").database_namespace, "n");
}

TEST(ButlerConfig, TellsOfADatabaseOnAServer) {
  const TempTree tree;
  const ButlerConfig config = Read(tree, R"(
registry:
  db: postgresql+psycopg2://rubin@usdf-butler.slac.stanford.edu:5432/lsstdb1
  namespace: main
datastore: {root: 's3://rubin-summit@embargo/repo/'}
)");
  EXPECT_EQ(config.Dialect(), "postgresql");
  EXPECT_EQ(config.database_namespace, "main");
  EXPECT_EQ(config.datastores[0].root, "s3://rubin-summit@embargo/repo");
}

TEST(ButlerConfig, ThatObsmonCanNotUseIsRefusedWithASentence) {
  struct Case {
    std::string yaml;
    std::string sentence;
  };
  const std::vector<Case> cases = {
      {"cls: lsst.daf.butler.remote_butler.RemoteButler\nremote_butler: {url: 'https://a'}\n",
       "RemoteButler"},
      {"", "no configuration"},
      {"- a\n", "no configuration"},
      {"registry: [\n", "no YAML"},
      {"registry: {db: [1]}\n", "'db' must have one plain value"},
      {"datastore: {cls: my.own.TapeDatastore}\n", "'my.own.TapeDatastore' is no class"},
      {"datastore: {records: {table: 'a; DROP TABLE b'}}\n", "no name of a table"},
      {"datastore: {cls: a.ChainedDatastore}\n", "list 'datastores'"},
      {"includeConfigs: butler.yaml\n", "in a circle"},
      {"includeConfigs: $SITE/part.yaml\n", "it includes $SITE/part.yaml, but obsmon knows no variables"},
      {"datastore: !include absent.yaml\n", "absent.yaml"},
      {"datastore: {root: $REPO/raws}\n", "butler.yaml:1: its root is $REPO/raws, but obsmon knows neither"},
      {"\nroot: '${REPO}'\n", "its root is ${REPO}, but"},
      {"datastore: {root: ~rubin/raws}\n", "its root is ~rubin/raws, but"},
      {"base: &base {root: /d}\ndatastore:\n  <<: *base\n", "takes in another by '<<'"},
  };
  for (const Case& wrong : cases) {
    const TempTree tree;
    const absl::StatusOr<ButlerConfig> config = ReadButlerConfig(tree.Text("repo/butler.yaml", wrong.yaml));
    EXPECT_FALSE(config.ok()) << wrong.yaml;
    EXPECT_THAT(std::string(config.status().message()), StartsWith((tree / "repo").string()));
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(wrong.sentence));
  }
}

TEST(ButlerConfig, OfALabelIsFoundInTheIndex) {
  const TempTree tree;
  tree.Text("repo/butler.yaml", "");
  const std::string index = "embargo: " + (tree / "repo").string() + "\nfile: file://" +
                            (tree / "repo/butler.yaml").string() +
                            "\ngone: /nowhere\nfar: https://rubin:sesame@example.org\n";
  const ButlerIndex by_file{.file = tree.Text("index.yaml", index)};
  const ButlerIndex by_text{.repositories = index};
  for (const ButlerIndex& known : {by_file, by_text}) {
    EXPECT_EQ(FindButlerConfigOfLabel("embargo", known).value(), tree / "repo/butler.yaml");
    EXPECT_EQ(FindButlerConfigOfLabel("file", known).value(), tree / "repo/butler.yaml");
    EXPECT_EQ(FindButlerConfigOfLabel("unknown", known).value(), "");
    EXPECT_THAT(FindButlerConfigOfLabel("gone", known),
                FailsWith(StatusCode::kNotFound, HasSubstr("/nowhere")));
    EXPECT_THAT(FindButlerConfigOfLabel("far", known),
                FailsWith(StatusCode::kFailedPrecondition, HasSubstr("'far' is https://…, which is not on")));
  }
  EXPECT_THAT(
      FindButlerConfigOfLabel("embargo", {.file = "https://rubin:sesame@example.org/index.yaml"}),
      FailsWith(StatusCode::kFailedPrecondition, StartsWith("https://…: this repository index is not")));
  EXPECT_THAT(FindButlerConfigOfLabel("embargo", {.file = tree / "absent.yaml"}),
              FailsWith(StatusCode::kNotFound, HasSubstr("absent.yaml")));
}

// As the Butler takes it: from the folder in which obsmon was called.
TEST(ButlerConfig, OfALabelOfARelativePathIsFoundFromTheWorkingFolder) {
  const TempTree tree;
  tree.Text("repo/butler.yaml", "");
  const std::string relative = std::filesystem::relative(tree / "repo").string();
  EXPECT_EQ(FindButlerConfigOfLabel("lab", {.repositories = "lab: " + relative}).value().lexically_normal(),
            tree / "repo/butler.yaml");
}

}  // namespace
}  // namespace obsmon
