// Writes the sample pages and exports into a folder, for checks by other programs' parsers, and for people
// who want to see what the pages look like.
#include <fstream>
#include <iostream>
#include <string>

#include "obsmon/export.h"
#include "pages/sample_nights.h"

namespace obsmon::samples {
namespace {

bool WritePages(const std::filesystem::path& folder) {
  const std::vector<std::pair<std::string, std::string>> pages = {
      {"troubled.html", RenderNightPage(TroubledNight())},
      {"calm.html", RenderNightPage(CalmNight())},
      {"empty.html", RenderNightPage(EmptyNight())},
      {"unknown.html", RenderNightPage(UnknownNight())},
      {"progress.html", RenderNightPage(NightInProgress())},
      {"catastrophe.html", RenderNightPage(CatastrophicNight(2'500))},
      {"large.html", RenderNightPage(CalmNight(1'990))},
      {"scripted.html", RenderNight(TroubledNight()).page.contents},
      {"index.html", RenderIndexPage("comCam", Nights(40), AsOf())},
      {"index_calm.html", RenderIndexPage("comCam", std::vector{SummaryOf(CalmNight())}, AsOf())},
      {"index_empty.html", RenderIndexPage("comCam", {}, AsOf())},
      {"summary.html", RenderSummaryPage(Streams(), AsOf())},
      {"summary_empty.html", RenderSummaryPage({}, AsOf())},
  };
  for (const auto& [name, page] : pages) {
    if (const absl::Status status = PublishFile(folder / name, page); !status.ok()) {
      std::cerr << status.message() << '\n';
      return false;
    }
  }
  return true;
}

bool WriteExports(const std::filesystem::path& folder) {
  const NightReport troubled = TroubledNight();
  std::ofstream json(folder / "troubled.json", std::ios::binary);
  std::ofstream csv(folder / "troubled.csv", std::ios::binary);
  std::ofstream table(folder / "troubled.txt", std::ios::binary);
  std::ofstream empty(folder / "empty.json", std::ios::binary);
  WriteJson(troubled, json);
  WriteCsv(troubled, csv);
  WriteTable(troubled, table);
  WriteJson(EmptyNight(), empty);
  return json.good() && csv.good() && table.good() && empty.good();
}

}  // namespace
}  // namespace obsmon::samples

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: obsmon_samples FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  return obsmon::samples::WritePages(folder) && obsmon::samples::WriteExports(folder) ? 0 : 1;
}
