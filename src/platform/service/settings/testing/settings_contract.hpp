#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/service/settings/testing/settings_texts.hpp"

/// What holds for the settings of every service, whatever sections of its own it has.
namespace twinfleet::service::testing {

/// Where a configuration tells of another service.
struct NeighbourNames {
    /// The path of its section, `text_messages.gateway`.
    std::string_view section;
    /// The key of the token in it.
    std::string_view token = "service_token";
};

/// `Service` has, of one service:
/// - `layers()`: its Layers
/// - `keys_min`: the file that ships has more keys than this
/// - `variables_for_serving()`: the environment in which it can serve with the file that ships
/// - `neighbour`: the NeighbourNames of a service that it calls, of which there may be none
/// - `neighbour_text(keys)`: the text of a configuration with these keys (`url: x`) in that section
/// - `neighbour_of(settings)`: the http::ClientSettings that are read from it
template <typename Service>
class SettingsContract : public ::testing::Test {
protected:
    [[nodiscard]] static auto settings_of(std::string_view own, Variables variables = {}) {
        return testing::settings_of(Service::layers(), own, std::move(variables));
    }
    [[nodiscard]] static std::string problems_of(std::string_view own, Variables variables = {}) {
        return testing::problems_of(Service::layers(), own, std::move(variables));
    }
    [[nodiscard]] static std::string with_url(const std::string& url) {
        return Service::neighbour_text("url: '" + url + "'");
    }
    [[nodiscard]] static std::string path_of(std::string_view key) {
        return std::string(Service::neighbour.section) + "." + std::string(key);
    }
};

TYPED_TEST_SUITE_P(SettingsContract);

/// Each key of the file that ships is one that is read, and none that is read may be left out of it.
TYPED_TEST_P(SettingsContract, FileThatShipsNeedsEachOfItsKeys) {
    const auto& layers = TypeParam::layers();
    std::size_t keys = 0;
    for (const auto& [key, text] : without_each_key(layers.shipped)) {
        const std::string& shipped = text;
        EXPECT_THAT(problems_of([&] { return layers.read_texts(shipped, "", "config.yaml", environment({})); }),
                    ::testing::HasSubstr(key));
        ++keys;
    }
    EXPECT_GT(keys, TypeParam::keys_min);
}

TYPED_TEST_P(SettingsContract, TheEnvironmentSaysWhereToListenAndWhomToLetIn) {
    const auto settings = TestFixture::settings_of(
        "api: {listen: 127.0.0.1:1, service_tokens_file: file.yaml}\n"
        "monitor: {listen: 127.0.0.1:1}\n",
        {{"FLEET_LISTEN", "127.0.0.1:2"},
         {"FLEET_MONITOR_LISTEN", "127.0.0.1:3"},
         {"FLEET_SERVICE_TOKENS", "tokens.yaml"}});
    EXPECT_EQ(settings.api.listen, "127.0.0.1:2");
    EXPECT_EQ(settings.monitor.listen, "127.0.0.1:3");
    EXPECT_EQ(settings.api.service_tokens_file, "tokens.yaml");
}

TYPED_TEST_P(SettingsContract, ProblemsNameTheKey) {
    EXPECT_THAT(TestFixture::problems_of("dance: 1\n"), ::testing::HasSubstr("dance"));
    EXPECT_THAT(TestFixture::problems_of("api: {threads: 0}\n"), ::testing::HasSubstr("api.threads"));
    EXPECT_THAT(TestFixture::problems_of("api: {listen: here}\n"), ::testing::HasSubstr("api.listen"));
}

/// What `serve` refuses, `config check` refuses.
TYPED_TEST_P(SettingsContract, ACheckRefusesAFileOfTokensThatIsMissing) {
    expect_check_and_serve_to_refuse(TypeParam::layers(), "api: {service_tokens_file: /no/such/tokens.yaml}",
                                     TypeParam::variables_for_serving());
}

TYPED_TEST_P(SettingsContract, ACheckApprovesOfTheFileThatShips) {
    expect_check_and_serve_to_approve(TypeParam::layers(), "", TypeParam::variables_for_serving());
}

TYPED_TEST_P(SettingsContract, AddressesOfOtherServicesAreCheckedAsTheyAreUsed) {
    const std::string good = "https://host:8443/path";
    EXPECT_EQ(TypeParam::neighbour_of(TestFixture::settings_of(TestFixture::with_url(good))).base_url, good);
    const std::string url_path = TestFixture::path_of("url");
    for (const auto* url : {"ftp://host", "https://", "http://:80", "https://host:0", "http://user:hidden-word@host",
                            "https://host?token=hidden-word", "127.0.0.1"}) {
        const std::string problems = TestFixture::problems_of(TestFixture::with_url(url));
        EXPECT_THAT(problems, ::testing::HasSubstr(url_path)) << url;
        EXPECT_THAT(problems, ::testing::Not(::testing::HasSubstr("hidden-word"))) << url;
    }
    const std::string_view token = TypeParam::neighbour.token;
    const std::string problems =
        TestFixture::problems_of(TypeParam::neighbour_text(std::string(token) + ": \"hidden-word\\n\""));
    EXPECT_THAT(problems, ::testing::HasSubstr(TestFixture::path_of(token)));
    EXPECT_THAT(problems, ::testing::Not(::testing::HasSubstr("hidden-word")));
}

TYPED_TEST_P(SettingsContract, AFileOfAuthoritiesIsLookedAt) {
    for (const auto* file : {"/nowhere/authority.pem", "/dev/null"}) {
        EXPECT_THAT(TestFixture::problems_of(std::string("http_client: {ca_file: ") + file + "}\n"),
                    ::testing::HasSubstr("http_client.ca_file"))
            << file;
    }
}

REGISTER_TYPED_TEST_SUITE_P(SettingsContract, FileThatShipsNeedsEachOfItsKeys,
                            TheEnvironmentSaysWhereToListenAndWhomToLetIn, ProblemsNameTheKey,
                            ACheckRefusesAFileOfTokensThatIsMissing, ACheckApprovesOfTheFileThatShips,
                            AddressesOfOtherServicesAreCheckedAsTheyAreUsed, AFileOfAuthoritiesIsLookedAt);

}  // namespace twinfleet::service::testing
