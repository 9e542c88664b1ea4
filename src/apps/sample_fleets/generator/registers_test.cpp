#include "apps/sample_fleets/generator/registers.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/source_tree.hpp"

namespace twinfleet::sample_fleets {
namespace {

const std::filesystem::path samples_folder = twinfleet::testing::source_tree() / "samples";

/// A folder of its own that vanishes with the test.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "registers_XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const char* name, std::string_view text) const { std::ofstream(path_ / name) << text; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

constexpr std::string_view chicago_header =
    "record_id,vehicle_type,vehicle_number,status,make,model,year,color,fuel,wheelchair,affiliation\n";
constexpr std::string_view new_york_header = "base_license,name,dba,last_month,vehicles,trips\n";

TEST(Registers, ThoseThatShipHoldTheTaxisOfCompaniesAndEveryBaseOnce) {
    const auto registers = read_registers(samples_folder);
    EXPECT_EQ(registers.chicago_taxis.size(), 4030U);
    EXPECT_EQ(registers.new_york_bases.size(), 993U);
    std::set<std::string> companies;
    for (const auto& taxi : registers.chicago_taxis) {
        companies.insert(taxi.company);
    }
    EXPECT_EQ(companies.size(), 24U);
    EXPECT_TRUE(companies.contains("Flash Cab Co"));
    EXPECT_EQ(std::ranges::count(registers.chicago_taxis, std::string("ACTIVE"), &Taxi::license_status), 2375);
}

TEST(Registers, LeavesOutOtherTradesAndTaxisWithoutACompany) {
    const Folder folder;
    folder.write("chicago_vehicles.csv", std::string(chicago_header) +
                                             "1Taxi,Taxi,1,ACTIVE,TOYOTA,SIENNA,2020,WHITE,Gasoline,Y,Flash Cab Co\n"
                                             "2Taxi,Taxi,2,INACTIVE,,,,,Gasoline,N,\n"
                                             "3Taxi,Taxi,3,SURRENDER,,,,,Gasoline,N,DIS-AFFILIATED\n"
                                             "4Taxi,Taxi,4,VIOLATION,,,0,,Gasoline,N,EXPIRED AFFILIATION\n"
                                             "5Livery,Livery,5,ACTIVE,LINCOLN,MKT,,BLACK,Gasoline,N,Metro Jet\n");
    folder.write("nyc_bases.csv", new_york_header);
    const auto registers = read_registers(folder.path());
    ASSERT_EQ(registers.chicago_taxis.size(), 1U);
    const auto& taxi = registers.chicago_taxis.front();
    EXPECT_EQ(taxi.record_id, "1Taxi");
    EXPECT_EQ(taxi.year, 2020);
    EXPECT_TRUE(taxi.is_wheelchair_accessible);
}

TEST(Registers, TakesLicencesThatDifferInCaseOnlyForOneBaseAndKeepsTheLatestMonth) {
    const Folder folder;
    folder.write("chicago_vehicles.csv", chicago_header);
    folder.write("nyc_bases.csv", std::string(new_york_header) +
                                      "b00031,QUEENS VILLAGE INC.,,2017-07,5,580\n"
                                      "B00031,QUEENS VILLAGE INC.,,2019-12,2,490\n"
                                      "b00833,OMEGA CAR SERVICE INC.,,2021-06,2,332\n"
                                      "B00833,OMEGA CAR SERVICE INC.,,2018-11,5,919\n");
    const auto bases = read_registers(folder.path()).new_york_bases;
    ASSERT_EQ(bases.size(), 2U);
    EXPECT_EQ(bases[0].license, "B00031");
    EXPECT_EQ(bases[0].vehicles, 2U);
    EXPECT_EQ(bases[1].license, "B00833");
    EXPECT_EQ(bases[1].last_month, "2021-06");
}

TEST(Registers, NamesTheFileThatIsMissingOrBroken) {
    const Folder folder;
    folder.write("chicago_vehicles.csv", chicago_header);
    try {
        (void)read_registers(folder.path());
        FAIL() << "a missing register was accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("nyc_bases.csv: cannot be read"));
    }
    folder.write("nyc_bases.csv", "base_license,name\nB1,X\n");
    try {
        (void)read_registers(folder.path());
        FAIL() << "a register without its columns was accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("nyc_bases.csv: no column \"dba\""));
    }
}

}  // namespace
}  // namespace twinfleet::sample_fleets
