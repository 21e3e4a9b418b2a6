// A database as any script sees it: SQL in, rows of text out.
#ifndef OBSMON_TESTS_HISTORY_DATABASE_H_
#define OBSMON_TESTS_HISTORY_DATABASE_H_

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

namespace obsmon {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

class Database {
 public:
  /// Opens the file for reading and writing, and makes it where there is none.
  explicit Database(const std::filesystem::path& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &handle_), SQLITE_OK) << file;
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// The rows that `sql` gives, NULL as "NULL"; the test fails where it does.
  Rows Query(const std::string& sql) const {
    Rows rows;
    char* error = nullptr;
    sqlite3_exec(handle_, sql.c_str(), AppendRow, &rows, &error);
    EXPECT_EQ(error, nullptr) << (error == nullptr ? "" : error) << " in: " << sql;
    sqlite3_free(error);
    return rows;
  }
  /// The same, one string a row with '|' between the values.
  std::vector<std::string> Lines(const std::string& sql) const {
    std::vector<std::string> lines;
    for (const Row& row : Query(sql)) {
      std::string line;
      for (const std::string& value : row) line += (&value == row.data() ? "" : "|") + value;
      lines.push_back(line);
    }
    return lines;
  }
  sqlite3* handle() const { return handle_; }

 private:
  static int AppendRow(void* rows, int count, char** values, char** /*names*/) {
    Row row;
    for (int i = 0; i < count; ++i) row.emplace_back(values[i] == nullptr ? "NULL" : values[i]);
    static_cast<Rows*>(rows)->push_back(row);
    return 0;
  }
  sqlite3* handle_ = nullptr;
};

}  // namespace obsmon

#endif  // OBSMON_TESTS_HISTORY_DATABASE_H_
