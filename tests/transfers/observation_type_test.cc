#include "transfers/observation_type.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "support/temp_tree.h"

namespace obsmon {
namespace {

std::string Card(std::string_view text) { return fmt::format("{:80}", text); }

// A first header: whole blocks of 36 cards.
std::string Header(std::initializer_list<std::string_view> cards, std::size_t cards_before = 0) {
  std::string header = Card("SIMPLE  =                    T / conforms to FITS standard");
  for (std::size_t i = 0; i < cards_before; ++i) header += Card("COMMENT");
  for (const std::string_view card : cards) header += Card(card);
  header += Card("END");
  header.resize((header.size() + 2879) / 2880 * 2880, ' ');
  return header;
}

TEST(ObservationType, IsWhatTheHeaderSaysInTheWordsOfTheRegistry) {
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = 'DARK    '           / BIAS, DARK, FLAT, OBJECT"})), "dark");
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = 'OBJECT  '"})), "science");
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = 'SKYEXP  '"})), "science");
  EXPECT_EQ(ObservationTypeIn(Header({"IMAGETYP= 'zero'"})), "zero");
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = 'BIAS    '", "OBSTYPE = 'FLAT    '"})), "flat")
      << "the order of the observatory's own translator, not that of the cards";
  EXPECT_EQ(ObservationTypeIn(Header({"OBSTYPE =", "IMGTYPE = 'BIAS    '"})), "bias") << "no value";
}

TEST(ObservationType, IsNothingWhereItCanNotBeTold) {
  EXPECT_EQ(ObservationTypeIn(""), "");
  EXPECT_EQ(ObservationTypeIn(std::string(10'000, '\0')), "");
  EXPECT_EQ(ObservationTypeIn(Header({})), "");
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = 17", "IMGTYPE2= 'DARK'", "COMMENT IMGTYPE = 'DARK'"})), "");
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = '"})), "");
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = '        '"})), "");
  EXPECT_EQ(ObservationTypeIn(Header({}) + Card("IMGTYPE = 'DARK    '")), "") << "behind the end";
  EXPECT_EQ(ObservationTypeIn(Header({"IMGTYPE = 'DARK    '"}).substr(0, 100)), "") << "cut off";
}

TEST(ObservationType, IsReadFromAFileHoweverLongItsHeaderAndDamagedItsRest) {
  const TempTree tree;
  tree.Text("long.fits", Header({"IMGTYPE = 'DARK    '"}, 500) + std::string(100'000, 'x'));
  EXPECT_EQ(ReadObservationType(tree / "long.fits"), "dark");
  tree.Text("cut.fits", Header({"IMGTYPE = 'DARK    '"}).substr(0, 1000));
  EXPECT_EQ(ReadObservationType(tree / "cut.fits"), "dark");
  tree.File("empty.fits", 0);
  EXPECT_EQ(ReadObservationType(tree / "empty.fits"), "");
  EXPECT_EQ(ReadObservationType(tree / "absent.fits"), "");
  EXPECT_EQ(ReadObservationType(tree.Folder("folder.fits")), "");
  EXPECT_EQ(ReadObservationType(tree.Symlink("link.fits", tree / "long.fits")), "")
      << "whoever can write in storage does not choose what is opened elsewhere";
  ASSERT_EQ(mkfifo((tree / "pipe.fits").c_str(), 0600), 0);
  EXPECT_EQ(ReadObservationType(tree / "pipe.fits"), "") << "and nobody waits for a writer";
}

}  // namespace
}  // namespace obsmon
