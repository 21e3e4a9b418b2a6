#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "obsmon/pages.h"
#include "pages/page_parts.h"

namespace obsmon {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

// A year of them; the table has all.
constexpr std::size_t kMaxMonths = 12;
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

year_month MonthOf(Night night) {
  const year_month_day date{night.date()};
  return date.year() / date.month();
}

void Day(Night night, const NightSummary* summary, std::string_view folder, Html& page) {
  const std::string day = fmt::format("{}", static_cast<unsigned>(year_month_day{night.date()}.day()));
  if (summary == nullptr) {
    page.Raw("<td>").Text(day).Raw("</td>");
    return;
  }
  const NightFacts facts = FactsOf(*summary);
  const std::string words = fmt::format("{}: {}", night.ToString(), NightHeadline(facts));
  page.Raw("<td><a class=\"").Text(ClassOf(facts)).Raw("\" href=\"").Link(folder).Link(NightPageName(night));
  page.Raw("\" title=\"")
      .Text(words)
      .Raw("\" aria-label=\"")
      .Text(words)
      .Raw("\">")
      .Text(day)
      .Raw("</a></td>");
}

void Month(year_month month, const std::map<Night, const NightSummary*>& nights, std::string_view folder,
           Html& page) {
  page.Raw("<table class=\"month\">\n<caption>")
      .Text(kMonths[static_cast<unsigned>(month.month()) - 1])
      .Text(fmt::format(" {}", static_cast<int>(month.year())))
      .Raw(
          "</caption>\n<thead><tr><th scope=\"col\">Mo</th><th scope=\"col\">Tu</th><th "
          "scope=\"col\">We</th>")
      .Raw(
          "<th scope=\"col\">Th</th><th scope=\"col\">Fr</th><th scope=\"col\">Sa</th><th "
          "scope=\"col\">Su</th>")
      .Raw("</tr></thead>\n<tbody>\n");
  const sys_days first{month / 1};
  const sys_days end{(month + std::chrono::months{1}) / 1};
  const sys_days monday = first - (std::chrono::weekday{first} - std::chrono::Monday);
  for (sys_days week = monday; week < end; week += days{7}) {
    page.Raw("<tr>");
    for (sys_days day = week; day < week + days{7}; day += days{1}) {
      if (day < first || end <= day) {
        page.Raw("<td></td>");
        continue;
      }
      const auto known = nights.find(Night(day));
      Day(Night(day), known == nights.end() ? nullptr : known->second, folder, page);
    }
    page.Raw("</tr>\n");
  }
  page.Raw("</tbody>\n</table>\n");
}

}  // namespace

void NightCalendar(std::span<const NightSummary> nights, std::string_view folder, Html& page) {
  std::map<Night, const NightSummary*> by_night;
  std::vector<year_month> months;  // newest first, as the nights are
  for (const NightSummary& night : nights) {
    const year_month month = MonthOf(night.night);
    if (months.empty() || months.back() != month) {
      if (months.size() == kMaxMonths) break;
      months.push_back(month);
    }
    by_night.emplace(night.night, &night);
  }
  page.Raw("<div class=\"calendar\">\n");
  for (const year_month month : months) Month(month, by_night, folder, page);
  page.Raw("</div>\n");
}

}  // namespace obsmon
