#include "registry/butler_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "files/directory.h"
#include "files/small_file.h"
#include "status_macros.h"
#include "text/percent.h"

namespace obsmon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kButlerRoot = "<butlerRoot>";
constexpr std::string_view kConfigName = "butler.yaml";
constexpr int kDeepestInclude = 16;  // deeper than any real one: they turn in a circle

absl::Status Unusable(const fs::path& file, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", file.native(), what));
}

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// A file's YAML, its exceptions turned into a Status. The repository's files are not under obsmon's control:
// none of what is wrong with them is the user's wrong argument.
absl::StatusOr<YAML::Node> LoadYaml(const std::string& text, const fs::path& file) {
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    return absl::FailedPreconditionError(
        fmt::format("{}:{}: {}; this file is no YAML", file.native(), error.mark.line + 1, error.msg));
  }
}

absl::StatusOr<YAML::Node> LoadYamlFile(const fs::path& file) {
  const absl::StatusOr<std::string> text = ReadSmallFile(file);
  if (absl::IsInvalidArgument(text.status())) return absl::FailedPreconditionError(text.status().message());
  OBSMON_RETURN_IF_ERROR(text.status());
  return LoadYaml(*text, file);
}

// A file URI as the path that it names; any other text as it is.
std::string WithoutFileScheme(std::string_view text) {
  for (const std::string_view scheme : {"file://localhost/", "file:///"}) {
    if (text.starts_with(scheme)) return PercentDecoded(text.substr(scheme.size() - 1));
  }
  return std::string(text);
}

// Of a key that a map has twice the Butler (PyYAML) takes the later value, and yaml-cpp the first.
YAML::Node LastOf(const YAML::Node& map, std::string_view key) {
  YAML::Node last(YAML::NodeType::Undefined);
  for (const auto& entry : map) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) last.reset(entry.second);
  }
  return last;
}

// The Butler puts the values of variables in the place of their names, and a home folder in that of its sign.
bool HasVariable(std::string_view path) {
  return !IsUri(path) && (path.find('$') != std::string_view::npos || path.starts_with('~'));
}

// One value of a configuration: a text, or the same map as several files have it, the first of which counts
// most. Files are included when what they hold is asked for, so that nothing is ever copied or put together.
class ConfigNode {
 public:
  static absl::StatusOr<ConfigNode> OfFile(const fs::path& file, int depth = 0) {
    OBSMON_ASSIGN_OR_RETURN(const YAML::Node node, LoadYamlFile(file));
    ConfigNode config;
    OBSMON_RETURN_IF_ERROR(config.Add({.node = node, .file = file, .depth = depth}));
    return config;
  }

  bool IsAbsent() const { return layers_.empty(); }
  bool IsMap() const { return !layers_.empty() && layers_.front().node.IsMap(); }
  bool IsList() const { return !layers_.empty() && layers_.front().node.IsSequence(); }

  absl::StatusOr<ConfigNode> Get(const std::string& key) const {
    ConfigNode found;
    for (const Layer& layer : layers_) {
      if (!layer.node.IsMap()) break;
      const YAML::Node value = LastOf(layer.node, key);
      if (!value.IsDefined() || value.IsNull()) continue;
      OBSMON_RETURN_IF_ERROR(found.Add({.node = value, .file = layer.file, .depth = layer.depth}));
      if (!found.IsMap()) break;
    }
    return found;
  }

  /// The text at `key`; nothing where there is none.
  absl::StatusOr<std::optional<std::string>> Text(const std::string& key) const {
    OBSMON_ASSIGN_OR_RETURN(const ConfigNode value, Get(key));
    if (value.IsAbsent()) return std::nullopt;
    if (!value.layers_.front().node.IsScalar()) {
      return value.Wrong(fmt::format("'{}' must have one plain value", key));
    }
    return value.layers_.front().node.Scalar();
  }

  absl::StatusOr<std::string> TextOr(const std::string& key, std::string_view otherwise) const {
    OBSMON_ASSIGN_OR_RETURN(std::optional<std::string> text, Text(key));
    return std::move(text).value_or(std::string(otherwise));
  }

  /// The keys of a map, in all of its files.
  std::set<std::string> Keys() const {
    std::set<std::string> keys;
    for (const Layer& layer : layers_) {
      if (!layer.node.IsMap()) break;
      for (const auto& entry : layer.node) {
        if (entry.first.IsScalar()) keys.insert(entry.first.Scalar());
      }
    }
    return keys;
  }

  /// The entries of a list.
  absl::StatusOr<std::vector<ConfigNode>> Entries() const {
    std::vector<ConfigNode> entries;
    for (const YAML::Node& node : layers_.front().node) {
      ConfigNode entry;
      OBSMON_RETURN_IF_ERROR(
          entry.Add({.node = node, .file = layers_.front().file, .depth = layers_.front().depth}));
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  /// What stands under `key`, or, as configurations may repeat that key in themselves, under it twice.
  absl::StatusOr<ConfigNode> Component(const std::string& key) const {
    OBSMON_ASSIGN_OR_RETURN(ConfigNode component, Get(key));
    OBSMON_ASSIGN_OR_RETURN(ConfigNode inner, component.Get(key));
    return inner.IsAbsent() ? component : inner;
  }

  absl::Status Wrong(std::string_view what) const { return WrongIn(layers_.front(), what); }

 private:
  struct Layer {
    YAML::Node node{};
    fs::path file{};
    int depth = 0;
  };

  static absl::Status WrongIn(const Layer& layer, std::string_view what) {
    return absl::FailedPreconditionError(
        fmt::format("{}:{}: {}", layer.file.native(), layer.node.Mark().line + 1, what));
  }

  absl::Status Add(const Layer& layer) {
    if (layer.depth > kDeepestInclude)
      return Unusable(layer.file, "its files include each other in a circle");
    if (layer.node.IsScalar() && layer.node.Tag() == "!include") {
      return AddFile(layer, layer.file.parent_path() / layer.node.Scalar());
    }
    layers_.push_back(layer);
    if (!layer.node.IsMap()) return absl::OkStatus();
    if (LastOf(layer.node, "<<").IsDefined()) {
      return WrongIn(layer, "a map takes in another by '<<', which obsmon does not do: write its keys out");
    }
    const YAML::Node included = LastOf(layer.node, "includeConfigs");
    if (!included.IsDefined()) return absl::OkStatus();
    if (included.IsScalar()) return AddConfig(layer, included);
    // Of several the later one counts more.
    for (std::size_t i = included.size(); i-- > 0;) OBSMON_RETURN_IF_ERROR(AddConfig(layer, included[i]));
    return absl::OkStatus();
  }

  // What includeConfigs names is looked for as the Butler does: from the working folder on, then beside the
  // file that includes it.
  absl::Status AddConfig(const Layer& layer, const YAML::Node& name) {
    if (!name.IsScalar()) return Unusable(layer.file, "a file that it includes has no plain name");
    const std::string text = WithoutFileScheme(name.Scalar());
    if (text.find('$') != std::string::npos) {
      return Unusable(layer.file,
                      fmt::format("it includes {}, but obsmon knows no variables: write the path out", text));
    }
    const fs::path here = AbsolutePath(text);
    return AddFile(layer, IsFile(here) ? here : layer.file.parent_path() / text);
  }

  absl::Status AddFile(const Layer& layer, const fs::path& file) {
    OBSMON_ASSIGN_OR_RETURN(const YAML::Node node, LoadYamlFile(file));
    return Add({.node = node, .file = file, .depth = layer.depth + 1});
  }

  std::vector<Layer> layers_;
};

std::string WithFirstReplaced(std::string text, std::string_view what, const std::string& by) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

bool IsIdentifier(std::string_view text) {
  const auto is_letter = [](char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || ('0' <= c && c <= '9'); });
}

struct DatastoreClass {
  std::string_view name;  ///< what the class's full name ends with
  enum class Kind : std::uint8_t { kFiles, kChain, kNoFiles } kind;
  std::string_view default_table{};
};

// Those with their own tables were merged into the first in November 2020.
constexpr std::array kDatastoreClasses = {
    DatastoreClass{"FileDatastore", DatastoreClass::Kind::kFiles, "file_datastore_records"},
    DatastoreClass{"ChainedDatastore", DatastoreClass::Kind::kChain},
    DatastoreClass{"InMemoryDatastore", DatastoreClass::Kind::kNoFiles},
    DatastoreClass{"SasquatchDatastore", DatastoreClass::Kind::kNoFiles},
    DatastoreClass{"PosixDatastore", DatastoreClass::Kind::kFiles, "posix_datastore_records"},
    DatastoreClass{"S3Datastore", DatastoreClass::Kind::kFiles, "s3_datastore_records"},
    DatastoreClass{"WebdavDatastore", DatastoreClass::Kind::kFiles, "webdav_datastore_records"},
    DatastoreClass{"RemoteFileDatastore", DatastoreClass::Kind::kFiles, "remote_datastore_records"},
};

// Reads what of a configuration has to do with <butlerRoot>.
class ConfigReader {
 public:
  explicit ConfigReader(fs::path file) : file_(std::move(file)) {}

  absl::StatusOr<ButlerConfig> Read() {
    OBSMON_ASSIGN_OR_RETURN(const ConfigNode top, ConfigNode::OfFile(file_));
    if (!top.IsMap()) return Unusable(file_, "this is no configuration of a Butler repository");
    OBSMON_RETURN_IF_ERROR(RefuseRemoteButler(top));
    OBSMON_ASSIGN_OR_RETURN(const std::optional<std::string> root, top.Text("root"));
    if (root) OBSMON_RETURN_IF_ERROR(RefuseVariables(top, *root));
    root_ = WithoutFileScheme(root.value_or(file_.parent_path().native()));
    if (!IsUri(root_)) root_ = Absolute(root_);

    ButlerConfig config{.file = file_};
    OBSMON_RETURN_IF_ERROR(ReadRegistry(top, config));
    OBSMON_ASSIGN_OR_RETURN(const ConfigNode datastore, top.Component("datastore"));
    OBSMON_RETURN_IF_ERROR(ReadDatastore(datastore, config.datastores));
    return config;
  }

 private:
  absl::Status RefuseRemoteButler(const ConfigNode& top) const {
    OBSMON_ASSIGN_OR_RETURN(const std::string cls, top.TextOr("cls", ""));
    if (cls.find("remote_butler") == std::string::npos) return absl::OkStatus();
    return Unusable(
        file_,
        "this Butler is a client of a server (RemoteButler), which has no database that obsmon could "
        "read; name the repository that the server reads with --repo");
  }

  absl::Status ReadRegistry(const ConfigNode& top, ButlerConfig& config) const {
    OBSMON_ASSIGN_OR_RETURN(const ConfigNode registry, top.Component("registry"));
    OBSMON_ASSIGN_OR_RETURN(std::string url, registry.TextOr("db", "sqlite:///<butlerRoot>/gen3.sqlite3"));
    config.database_url = WithFirstReplaced(std::move(url), kButlerRoot, root_);
    OBSMON_ASSIGN_OR_RETURN(config.database_namespace, registry.TextOr("namespace", ""));
    OBSMON_ASSIGN_OR_RETURN(config.username, registry.TextOr("username", ""));
    OBSMON_ASSIGN_OR_RETURN(config.password, registry.TextOr("password", ""));
    OBSMON_ASSIGN_OR_RETURN(config.host, registry.TextOr("host", ""));
    OBSMON_ASSIGN_OR_RETURN(config.port, registry.TextOr("port", ""));
    OBSMON_ASSIGN_OR_RETURN(config.database, registry.TextOr("database", ""));
    return ReadNewNames(registry, config);
  }

  static absl::Status ReadNewNames(const ConfigNode& registry, ButlerConfig& config) {
    ConfigNode overrides = registry;
    for (const char* key : {"managers", "datasets", "config", "overrides"}) {
      OBSMON_ASSIGN_OR_RETURN(overrides, overrides.Get(key));
    }
    for (const std::string& type : overrides.Keys()) {
      OBSMON_ASSIGN_OR_RETURN(const ConfigNode override_of_type, overrides.Get(type));
      OBSMON_ASSIGN_OR_RETURN(std::optional<std::string> name, override_of_type.Text("rename"));
      if (name) config.new_names.emplace(type, *std::move(name));
    }
    return absl::OkStatus();
  }

  // Whoever takes a variable's name for that of a folder finds no file there, and calls each one gone.
  static absl::Status RefuseVariables(const ConfigNode& node, std::string_view root) {
    if (!HasVariable(root)) return absl::OkStatus();
    return node.Wrong(fmt::format(
        "its root is {}, but obsmon knows neither variables nor home folders: write the path out", root));
  }

  absl::Status ReadDatastore(const ConfigNode& node, std::vector<ButlerDatastore>& datastores) const {
    OBSMON_ASSIGN_OR_RETURN(const std::string cls, node.TextOr("cls", "FileDatastore"));
    const std::string_view name = std::string_view(cls).substr(cls.rfind('.') + 1);
    const auto* known = std::ranges::find(kDatastoreClasses, name, &DatastoreClass::name);
    if (known == kDatastoreClasses.end()) {
      return node.Wrong(fmt::format("'{}' is no class of datastores that obsmon knows", cls));
    }
    if (known->kind == DatastoreClass::Kind::kNoFiles) return absl::OkStatus();
    if (known->kind == DatastoreClass::Kind::kChain) return ReadChain(node, datastores);
    return ReadFileDatastore(node, known->default_table, datastores);
  }

  absl::Status ReadChain(const ConfigNode& chain, std::vector<ButlerDatastore>& datastores) const {
    OBSMON_ASSIGN_OR_RETURN(const ConfigNode list, chain.Get("datastores"));
    if (!list.IsList()) return chain.Wrong("a chained datastore must have a list 'datastores'");
    OBSMON_ASSIGN_OR_RETURN(const std::vector<ConfigNode> children, list.Entries());
    for (const ConfigNode& child : children) {
      OBSMON_ASSIGN_OR_RETURN(const ConfigNode inner, child.Get("datastore"));
      OBSMON_RETURN_IF_ERROR(ReadDatastore(inner.IsAbsent() ? child : inner, datastores));
    }
    return absl::OkStatus();
  }

  absl::Status ReadFileDatastore(const ConfigNode& node, std::string_view default_table,
                                 std::vector<ButlerDatastore>& datastores) const {
    OBSMON_ASSIGN_OR_RETURN(const std::string root, node.TextOr("root", "<butlerRoot>/datastore"));
    OBSMON_RETURN_IF_ERROR(RefuseVariables(node, root));
    OBSMON_ASSIGN_OR_RETURN(const std::string name,
                            node.TextOr("name", fmt::format("FileDatastore@{}", root)));
    OBSMON_ASSIGN_OR_RETURN(const ConfigNode records, node.Get("records"));
    OBSMON_ASSIGN_OR_RETURN(const std::string table, records.TextOr("table", default_table));
    if (!IsIdentifier(table)) return records.Wrong(fmt::format("'{}' is no name of a table", table));
    datastores.push_back({.name = name, .root = RootOf(root), .records_table = table});
    return absl::OkStatus();
  }

  std::string RootOf(const std::string& text) const {
    std::string root = WithoutFileScheme(WithFirstReplaced(text, kButlerRoot, root_));
    if (!IsUri(root)) root = Absolute(root);
    while (root.size() > 1 && root.ends_with('/')) root.pop_back();
    return root;
  }

  // The Butler starts a relative root at its own working folder, which nobody knows afterwards.
  std::string Absolute(const std::string& path) const {
    return (file_.parent_path() / path).lexically_normal().native();
  }

  fs::path file_;
  std::string root_;
};

// What a repository index maps `label` to.
absl::StatusOr<std::optional<std::string>> Labelled(const std::string& label, const std::string& text,
                                                    const fs::path& source) {
  OBSMON_ASSIGN_OR_RETURN(const YAML::Node index, LoadYaml(text, source));
  if (!index.IsMap()) return Unusable(source, "this is no map of labels to repositories");
  const YAML::Node uri = LastOf(index, label);
  if (!uri.IsDefined()) return std::nullopt;
  if (!uri.IsScalar()) return Unusable(source, fmt::format("'{}' must have one plain value", label));
  return uri.Scalar();
}

absl::StatusOr<std::optional<std::string>> FindLabel(const std::string& label, const ButlerIndex& index) {
  if (!index.repositories.empty()) return Labelled(label, index.repositories, "DAF_BUTLER_REPOSITORIES");
  if (index.file.empty()) return std::nullopt;
  if (IsUri(index.file.native()) && !index.file.native().starts_with("file:")) {
    return Unusable(SchemeOf(index.file.native()),
                    "this repository index is not on this machine; name a copy of it");
  }
  const fs::path file = WithoutFileScheme(index.file.native());
  const absl::StatusOr<std::string> text = ReadSmallFile(file);
  if (!text.ok()) {
    return absl::Status(text.status().code(), fmt::format("{}; it should be the index of Butler repositories",
                                                          std::string(text.status().message())));
  }
  return Labelled(label, *text, file);
}

// yaml-cpp's own exceptions, and those of whatever it calls.
template <typename Function>
auto WithoutExceptions(const fs::path& file, Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    throw;  // it says nothing of the file
  } catch (const std::exception& error) {
    return Unusable(file, error.what());
  }
}

}  // namespace

std::string_view ButlerConfig::Dialect() const {
  return std::string_view(database_url).substr(0, database_url.find_first_of(":+"));
}

absl::StatusOr<ButlerConfig> ReadButlerConfig(const fs::path& file) {
  return WithoutExceptions(file, [&] { return ConfigReader(file).Read(); });
}

absl::StatusOr<fs::path> SqliteFileOf(const ButlerConfig& config) {
  std::string_view url = config.database_url;
  url = url.substr(0, url.find('?'));
  const std::size_t at = url.find(":///");
  if (at == std::string_view::npos || at + 4 == url.size() || url.substr(at + 4) == ":memory:") {
    return Unusable(config.file, "its registry.db names no file; write sqlite:///<butlerRoot>/gen3.sqlite3");
  }
  return (config.file.parent_path() / url.substr(at + 4)).lexically_normal();
}

fs::path FindButlerConfig(const fs::path& repo) {
  constexpr std::array<std::string_view, 3> kEndings = {".yaml", ".yml", ".json"};
  const std::string ending = repo.extension().native();
  if (std::ranges::find(kEndings, ending) != kEndings.end() && IsFile(repo)) return repo;
  const fs::path inside = repo / kConfigName;
  return IsFile(inside) ? inside : fs::path();
}

absl::StatusOr<fs::path> FindButlerConfigOfLabel(const std::string& label, const ButlerIndex& index) {
  return WithoutExceptions(index.file, [&]() -> absl::StatusOr<fs::path> {
    OBSMON_ASSIGN_OR_RETURN(const std::optional<std::string> uri, FindLabel(label, index));
    if (!uri) return fs::path();
    const std::string path = WithoutFileScheme(*uri);
    if (IsUri(path)) {
      return absl::FailedPreconditionError(fmt::format(
          "the repository index says that '{}' is {}, which is not on this machine; name a copy of its "
          "butler.yaml with --repo",
          label, SchemeOf(path)));
    }
    const fs::path config = FindButlerConfig(AbsolutePath(path));
    if (!config.empty()) return config;
    return absl::NotFoundError(
        fmt::format("the repository index says that '{}' is {}, but there is no butler.yaml", label, path));
  });
}

bool IsUri(std::string_view text) { return text.find("://") != std::string_view::npos; }

std::string SchemeOf(std::string_view uri) { return fmt::format("{}://…", uri.substr(0, uri.find("://"))); }

}  // namespace obsmon
